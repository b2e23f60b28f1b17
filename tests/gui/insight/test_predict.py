"""Predictions for dropped pictures, through the real process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.insight.flow import Flow
from gui.panels.predict import Predict
from netspec.inside.network import from_run
from netspec.inside.predicting import predict_file


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.zeros((16, 16), np.uint8)
    pixels[2:14, 7:9] = 255
    file = tmp_path / "one.png"
    Image.fromarray(pixels).save(file)
    return file


def drop(panel: Predict, *paths: Path) -> bool:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entry = QDragEnterEvent(QPoint(9, 9), copy, mime, left, none)
    entry.ignore()
    panel.dragEnterEvent(entry)
    if entry.isAccepted():
        panel.dropEvent(QDropEvent(QPointF(9, 9), copy, mime, left, none))
    return entry.isAccepted()


@pytest.fixture
def panel(desk: Desk, run: Path, qtbot: QtBot) -> Predict:
    panel = Predict(desk)
    qtbot.addWidget(panel)
    desk.show_run(run)
    panel.resize(900, 400)
    return panel


def test_a_dropped_picture_gets_the_class_that_predict_gives(
    panel: Predict, run: Path, picture: Path, qtbot: QtBot
) -> None:
    bad = picture.with_name("bad.png")
    bad.write_bytes(b"no picture")
    assert drop(panel, picture, bad)
    qtbot.waitUntil(lambda: len(panel.cards) == 2 and not panel.asker.is_busy, timeout=30_000)
    card, failed = panel.cards
    [expected] = predict_file(from_run(run, optimizer="momentum", checkpoint="best"), picture)
    assert expected.chances is not None
    assert card.sample is not None
    assert card.sample["top"][0] == [expected.class_name, pytest.approx(expected.chances.max())]
    assert [note.label.text() for note in card.notes] == [
        "The picture has 16 × 16 pixels; it was scaled and cut to 8 × 8."
    ]
    assert failed.sample is None
    assert "not a PNG or JPEG picture" in failed.notes[0].label.text()
    assert panel.source.said.text().startswith("best.momentum.safetensors, epoch ")
    panel.clear()
    assert panel.cards == []


def test_other_files_are_not_taken(panel: Predict, tmp_path: Path, picture: Path) -> None:
    assert not drop(panel, tmp_path / "net.toml")
    assert not drop(panel, picture, tmp_path / "net.toml")
    assert panel.files == []


def test_without_a_network_the_panel_says_what_is_missing(panel: Predict, desk: Desk, picture: Path) -> None:
    desk.show_run(None)
    desk.document.close()
    drop(panel, picture)
    assert "predictions need a network" in panel.pages.sentence.text()


def test_weights_are_those_of_the_run_or_the_initial_ones(panel: Predict, desk: Desk, run: Path) -> None:
    source = panel.source
    assert source.source() == {"run": str(run), "optimizer": "momentum", "checkpoint": "best"}
    desk.show_run(None)
    found = source.source()
    assert found is not None
    assert found["weights"] is None
    assert found["text"] == desk.document.text
    source.tell({"weights": None, "seed": 3})
    assert source.said.text() == "not trained: initial values of seed 3"


def test_cards_flow_into_rows(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = Flow(holder, gap=10)
    flow.setContentsMargins(0, 0, 0, 0)
    for _ in range(3):
        widget = QWidget()
        widget.setFixedSize(100, 40)
        flow.addWidget(widget)
    assert flow.heightForWidth(320) == 40
    assert flow.heightForWidth(319) == 90
    assert flow.heightForWidth(100) == 140
    first = QWidget()
    first.setFixedSize(10, 10)
    flow.insert(0, first)
    found = flow.itemAt(0)
    assert found is not None
    assert found.widget() is first
