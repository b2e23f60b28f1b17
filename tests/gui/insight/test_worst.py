"""The worst samples as tiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.insight.tiles import Tile
from gui.panels.worst import Worst
from netspec.training.insight_files import read_arrays


@pytest.fixture
def panel(desk: Desk, run: Path, qtbot: QtBot) -> Worst:
    panel = Worst(desk)
    qtbot.addWidget(panel)
    panel.show()
    desk.show_run(run)
    return panel


def tiles(panel: Worst) -> list[Tile]:
    return panel.view.tiles.tiles


def test_the_worst_samples_come_first(panel: Worst, run: Path) -> None:
    arrays = read_arrays(run / "insight" / "worst.momentum.npz")
    assert arrays is not None
    assert len(tiles(panel)) == 48
    first = tiles(panel)[0]
    assert first.lines[0].startswith(f"{arrays['true'][0]} → {arrays['predicted'][0]}")
    assert first.lines[1].endswith(f"%, loss {arrays['loss'][0]:.2g}")
    assert isinstance(first.image, QImage)
    assert (first.image.width(), first.image.height()) == (8, 8)
    assert (np.diff(arrays["loss"][:48]) <= 0).all()


def test_a_cell_of_the_matrix_shows_its_samples_alone(panel: Worst, run: Path) -> None:
    arrays = read_arrays(run / "insight" / "worst.momentum.npz")
    assert arrays is not None
    cell = int(arrays["true"][0]), int(arrays["predicted"][0])
    panel.looks.choose_cell(cell)
    expected = ((arrays["true"] == cell[0]) & (arrays["predicted"] == cell[1])).sum()
    assert len(tiles(panel)) == expected
    assert panel.what.text().startswith(f"{cell[0]} predicted as {cell[1]}: {expected} of ")
    panel.all.click()
    assert panel.looks.cell is None
    assert len(tiles(panel)) == 48


def test_a_sample_can_be_looked_at_in_the_network(panel: Worst, run: Path) -> None:
    arrays = read_arrays(run / "insight" / "worst.momentum.npz")
    assert arrays is not None
    wanted: list[tuple[str, int]] = []
    panel.looks.sample_wanted.connect(lambda part, index: wanted.append((part, index)))
    panel.view.activated.emit(panel.view.tiles.index(2))
    assert wanted == [("validation", int(arrays["index"][2]))]


def test_another_lane_has_its_own_worst_samples(panel: Worst) -> None:
    before = [tile.told for tile in tiles(panel)]
    panel.looks.choose_lane("adam")
    assert [tile.told for tile in tiles(panel)] != before
