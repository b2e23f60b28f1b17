"""Histograms over a training: alarms by their rules, strips that lose nothing, ratios that are those of the looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.insight.alarms import alarms
from gui.insight.strip import Strip, extent, rebinned
from gui.panels.histograms import Histograms
from gui.theme import apply_theme
from netspec.look import DARK


def tensor(**changes: Any) -> dict[str, Any]:
    whole = {"nonfinite": 0, "counts": [1], "low": 0.0, "high": 1.0}
    return {"ratio": 1e-3, "update": 1.0, "weights": whole, "gradients": whole, **changes}


def told(tensors: dict[str, Any], layers: dict[str, Any]) -> list[tuple[str, str]]:
    names = frozenset(name for name in tensors if name.endswith("weight"))
    return [(one.kind, one.layer) for one in alarms({"tensors": tensors}, {"layers": layers}, names)]


def test_alarms_follow_their_rules() -> None:
    tensors = {
        "a.weight": tensor(), "b.weight": tensor(ratio=0.1), "c.weight": tensor(ratio=1e-6), "d.weight": tensor(ratio=0.0),
        "e.bias": tensor(ratio=9.0), "f.weight": tensor(ratio=None, update=None, gradients=None),
        "g.weight": tensor(weights={"nonfinite": 2}),
    }  # fmt: skip
    layers = {
        "relu1": {"dead": [0, 1], "units": 8, "saturated": None}, "relu2": {"dead": [0], "units": 8, "saturated": None},
        "tanh1": {"dead": None, "units": 8, "saturated": 0.5}, "tanh2": {"dead": None, "units": 8, "saturated": 0.49},
    }  # fmt: skip
    assert told(tensors, layers) == [
        ("fast", "b"), ("slow", "c"), ("still", "d"), ("broken", "g"), ("dead", "relu1"), ("saturated", "tanh1"),
    ]  # fmt: skip
    assert alarms(None, None, frozenset()) == []


@pytest.mark.parametrize("rows", [7, 48, 120])
def test_other_bins_hold_the_same_values(rows: int) -> None:
    counts = np.random.default_rng(0).integers(0, 9, 48)
    shares = rebinned({"low": -1.0, "high": 2.0, "counts": counts}, -1.5, 2.5, rows)
    assert shares.sum() == pytest.approx(1)
    assert shares[: rows // 8].sum() == 0  # below −1
    if rows == 48:
        np.testing.assert_allclose(
            rebinned({"low": 0.0, "high": 1.0, "counts": counts}, 0.0, 1.0, 48), counts / counts.sum()
        )


def test_equal_values_stand_in_one_bin() -> None:
    one = {"low": 2.0, "high": 2.0, "counts": [5]}
    bounds = extent([one, None])
    assert bounds is not None
    assert bounds[0] < 2 < bounds[1]
    assert np.count_nonzero(rebinned(one, 0.0, 4.0, 8)) == 1
    assert extent([None, {"low": None, "high": None, "counts": [0]}]) is None
    assert rebinned(None, 0, 1, 4).tolist() == [0, 0, 0, 0]


def test_a_strip_tells_what_lies_below_the_mouse(qtbot: QtBot) -> None:
    strip = Strip("Weights")
    qtbot.addWidget(strip)
    strip.resize(400, 150)
    strip.show_histograms([(1, {"low": 0.0, "high": 1.0, "counts": [3, 1]}), (5, None)])
    plot = QPoint(70, 60)
    assert strip.told(plot.x(), plot.y()) == "step 1: 4 values from 0 to 1"
    assert strip.told(300, 60) == "step 5: none"
    assert strip.told(5, 5) == ""


@pytest.fixture
def panel(desk: Desk, run: Path, qtbot: QtBot) -> Histograms:
    panel = Histograms(desk)
    qtbot.addWidget(panel)
    panel.show()
    desk.show_run(run)
    return panel


def test_every_parameter_and_activation_has_a_row(panel: Histograms) -> None:
    names = [row.name for row in panel.rows.model_.rows]
    assert names == ["conv1.weight", "conv1.bias", "fc.weight", "fc.bias", "relu1"]
    newest = panel.looks.of("tensors")[-1]
    assert panel.rows.model_.rows[0].said == f"{newest['tensors']['conv1.weight']['ratio']:.1e}"
    assert panel.rows.model_.rows[4].said.endswith("of 4 dead")


def test_the_chart_has_the_ratios_of_all_looks(panel: Histograms) -> None:
    looks = panel.looks.of("tensors")
    others, chosen = (curve.getOriginalDataset() for curve in panel.ratios.getPlotItem().listDataItems())
    for (steps, ratios), name in ((others, "fc.weight"), (chosen, "conv1.weight")):
        np.testing.assert_array_equal(steps[: len(looks)], [look["step"] for look in looks])
        np.testing.assert_array_equal(ratios[: len(looks)], [look["tensors"][name]["ratio"] for look in looks])


def test_choosing_a_layer_on_the_canvas_chooses_its_row_and_the_other_way_round(panel: Histograms, desk: Desk) -> None:
    desk.choose({"relu1"})
    assert panel.rows.chosen is not None
    assert panel.rows.chosen.name == "relu1"
    assert not panel.strips["values"].isHidden()
    assert panel.strips["weights"].isHidden()
    panel.rows.setCurrentIndex(panel.rows.model_.index(2))
    assert desk.chosen == {"fc"}


def test_new_looks_leave_the_choice_alone(panel: Histograms) -> None:
    panel.rows.setCurrentIndex(panel.rows.model_.index(3))
    panel.looks.changed.emit()
    assert panel.rows.chosen is not None
    assert panel.rows.chosen.name == "fc.bias"


def test_another_theme_repaints_everything(panel: Histograms, desk: Desk) -> None:
    panel.resize(900, 400)
    light = panel.grab().toImage()
    apply_theme(DARK)
    desk.theme_changed.emit()
    assert panel.grab().toImage().pixelColor(3, 3) != light.pixelColor(3, 3)


def test_another_theme_leaves_the_numbers_of_the_axis_as_they_are(panel: Histograms, desk: Desk) -> None:
    axis = panel.ratios.getPlotItem().getAxis("left")
    before = axis.tickStrings([-3.0, -2.0], axis.autoSIPrefixScale * axis.scale, 1.0)
    apply_theme(DARK)
    desk.theme_changed.emit()
    assert axis.autoSIPrefixScale == 1
    assert axis.tickStrings([-3.0, -2.0], axis.autoSIPrefixScale * axis.scale, 1.0) == before


def test_a_sentence_in_the_place_of_histograms_takes_little_room(desk: Desk, qtbot: QtBot) -> None:
    panel = Histograms(desk)
    qtbot.addWidget(panel)
    assert panel.minimumSizeHint().height() <= 100
    assert not panel.pages.hasHeightForWidth()
