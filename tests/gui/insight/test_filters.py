"""Filters and activation maps, through the real process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.insight.looks import looks_of
from gui.panels.filters import Filters
from netspec.inside.network import from_run


def test_filters_and_maps_of_a_sample_are_those_of_the_run(desk: Desk, run: Path, qtbot: QtBot) -> None:
    panel = Filters(desk)
    qtbot.addWidget(panel)
    panel.show()  # without a run: the initial weights
    qtbot.waitUntil(lambda: len(panel.maps.tiles.tiles) == 4, timeout=30_000)
    assert panel.source.said.text().startswith("not trained")
    initial = panel._weight
    desk.show_run(run)
    qtbot.waitUntil(lambda: "best.momentum" in panel.source.said.text() and not panel.watcher.is_busy, timeout=30_000)
    assert initial is not None
    network = from_run(run, optimizer="momentum", checkpoint="best")
    qtbot.waitUntil(lambda: not np.array_equal(panel._weight, initial), timeout=30_000)  # type: ignore[arg-type]
    np.testing.assert_array_equal(panel._weight, network.program.parameters["conv1.weight"])  # type: ignore[arg-type]
    assert len(panel.filters.tiles.tiles) == 4
    assert [panel.layer.itemText(place) for place in range(3)] == ["conv1", "relu1", "fc"]
    assert panel.layer.currentText() == "relu1"
    looks_of(desk).sample_wanted.emit("validation", 5)
    qtbot.waitUntil(lambda: "validation sample 5, true class" in panel.sample.text(), timeout=30_000)
    assert len(panel.bars.chances) == 5
    desk.choose({"fc"})
    qtbot.waitUntil(lambda: len(panel.maps.tiles.tiles) == 1, timeout=30_000)
    assert panel.maps.tiles.tiles[0].lines == ("10 features",)


def test_a_panel_that_nobody_sees_asks_nothing(desk: Desk, run: Path, qtbot: QtBot) -> None:
    panel = Filters(desk)
    qtbot.addWidget(panel)
    desk.show_run(run)
    qtbot.wait(600)
    assert not panel.asker.is_busy
    assert panel._is_stale


def test_what_goes_wrong_leaves_the_choice_of_weights_in_sight(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    panel = Filters(desk)
    qtbot.addWidget(panel)
    desk.show_run(tmp_path)  # without checkpoints
    panel.show()
    qtbot.waitUntil(lambda: "no weights" in panel.pages.sentence.text(), timeout=30_000)
    assert panel.source.isVisible()
    panel.source.choice.setCurrentIndex(panel.source.choice.findData("initial"))
    panel.source.choice.activated.emit(panel.source.choice.currentIndex())
    qtbot.waitUntil(lambda: len(panel.maps.tiles.tiles) == 4, timeout=30_000)
    assert panel.source.said.text() == "not trained: initial values of seed 0"
