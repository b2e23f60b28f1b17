"""The plots: what is drawn is what was measured, zoomed and laid over each other."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.runs.axes import log_ticks
from gui.runs.history import History
from gui.runs.picture import write_picture
from gui.runs.plot_area import PlotArea, Shown
from gui.runs.race_model import places, rows
from gui.theme import apply_theme
from netspec.look import LIGHT
from tests.gui.runs.made import line, run_line, step_line, whole_run


@pytest.fixture
def area(qapp: QApplication, qtbot: QtBot) -> Iterator[PlotArea]:
    apply_theme(LIGHT)
    area = PlotArea()
    area.resize(1200, 300)
    area.show()
    yield area
    area.close()
    area.deleteLater()


def shown(area: PlotArea, *lines: dict[str, object], more: tuple[Shown, ...] = ()) -> History:
    history = History()
    history.add(lines)
    area.show_runs([Shown("run", history), *more])
    area.draw()
    return history


def test_each_lane_has_its_raw_smoothed_and_validation_curve(area: PlotArea) -> None:
    history = shown(area, *whole_run(("sgd", "adam")))
    lane = history.lanes["sgd"]
    raw, mean, checked = (area.loss.curves["run", "sgd", kind] for kind in ("raw", "mean", "validation"))
    np.testing.assert_array_equal(raw.item.getData()[0], lane.loss.x)
    assert raw.look.alpha < mean.look.alpha
    assert mean.look.width > raw.look.width
    assert checked.look.is_dashed
    assert checked.look.has_marks
    assert {curve.look.colour for curve in (raw, mean, checked)} == {lane.colour}
    np.testing.assert_array_equal(area.rate.curves["run", "sgd", "lr"].item.getData()[1], lane.lr.y)


def test_the_formula_of_the_smoothing_is_stated(area: PlotArea) -> None:
    history = shown(area, *whole_run())
    note = area.overlays[area.loss].note
    assert "mₜ/(1−βᵗ), mₜ = βmₜ₋₁ + (1−β)lossₜ" in note
    assert f"β = {history.lanes['adam'].smoothed.beta:.4g}" in note


def test_runs_of_other_lengths_have_their_own_smoothing_stated(area: PlotArea) -> None:
    other = History()
    other.add([run_line(epochs=400), step_line(1)])
    history = shown(area, *whole_run(("sgd", "adam")), more=(Shown("long", other, is_main=False),))
    one, two = (found.lanes["adam"].smoothed.beta for found in (history, other))
    assert one != two
    assert area.overlays[area.loss].note.endswith(f"β = {one:.4g} (run), {two:.4g} (long)")


@pytest.mark.parametrize(("metric", "said"), [("rmse", "0.310"), ("r2", "0.310"), ("accuracy", "31.00 %")])
def test_only_metrics_that_are_shares_are_told_in_percent(area: PlotArea, metric: str, said: str) -> None:
    values: dict[str, object] = {metric: 0.31}
    history = shown(area, run_line(), line("validation", 5, loss=1.0, samples=8, part="validation", **values))
    assert [label.value for label in area.overlays[area.score].labels] == [said]
    assert area.score.left.say(0.5) == ("50 %" if said.endswith("%") else "0.5")
    assert rows(history, places(history), None, {})[0].cells[3] == said


def test_a_spike_in_a_long_run_is_drawn(area: PlotArea) -> None:
    losses = np.full(50_000, 0.5)
    losses[31_234] = 40.0
    shown(area, run_line(epochs=10_000), *(step_line(step, loss) for step, loss in enumerate(losses.tolist(), 1)))
    area.log_wanted = False
    area.draw()
    x, y = area.loss.curves["run", "adam", "raw"].item.getData()
    assert len(x) < 10_000
    assert y.max() == 40.0
    assert x[y.argmax()] == 31_235
    assert area.loss.view.viewRange()[1][1] > 40.0


def test_the_loss_is_logarithmic_when_it_spans_much_or_somebody_says_so(area: PlotArea) -> None:
    shown(area, run_line(), *(step_line(step, 1.0) for step in range(1, 9)))
    assert not area.loss.is_log
    area.log_wanted = True
    area.draw()
    assert area.loss.is_log
    area.log_wanted = None
    shown(area, run_line(), *(step_line(step, 10.0 ** -step) for step in range(1, 5)))
    area.draw()
    assert area.loss.is_log
    np.testing.assert_allclose(area.loss.curves["run", "adam", "raw"].item.getData()[1], [-1, -2, -3, -4])


def test_the_best_point_is_ringed_where_it_was_measured(area: PlotArea) -> None:
    history = shown(area, *whole_run())
    best = history.lanes["adam"].best
    assert best is not None
    (ring,) = area.overlays[area.loss].rings
    assert (ring.step, ring.value) == (20, best.value)


def test_the_crosshair_tells_the_values_of_every_curve_and_of_which_step_they_are(area: PlotArea, qtbot: QtBot) -> None:
    shown(area, *whole_run(("sgd", "adam")))
    heard: list[object] = []
    area.pointed.connect(heard.append)
    area.loss.pointed.emit(7.3)
    overlay = area.overlays[area.loss]
    assert heard == [7.0]
    assert overlay.head == ("", "batch", "mean", "validation")
    assert overlay.rows[0][1][0] == "sgd"
    assert overlay.rows[0][1][1] == "0.143"  # 1/7
    assert overlay.rows[0][1][3] == "0.200 @5"  # the nearest validation
    assert area.overlays[area.score].step == 7.0
    assert not area.overlays[area.score].rows
    area.loss.pointed.emit(None)
    assert overlay.step is None


def test_zooming_one_plot_zooms_all_and_new_steps_do_not_move_it(area: PlotArea) -> None:
    history = shown(area, *whole_run())
    area.loss.view.setXRange(3, 8, padding=0)
    assert area.score.view.viewRange()[0] == pytest.approx([3, 8])
    history.add([step_line(21)])
    area.draw()
    assert area.loss.view.viewRange()[0] == pytest.approx([3, 8])
    area.show_all()
    assert area.rate.view.viewRange()[0] == pytest.approx([0, 21])


def test_a_run_that_is_laid_over_is_told_apart_and_can_be_picked(area: PlotArea, qtbot: QtBot) -> None:
    other = History()
    other.add(whole_run())
    shown(area, *whole_run(), more=(Shown("older", other, is_main=False),))
    assert ("older", "adam", "mean") in area.loss.curves
    assert ("older", "adam", "raw") not in area.loss.curves
    assert area.loss.curves["older", "adam", "mean"].look.style == Qt.PenStyle.DotLine
    assert [label.text for label in area.overlays[area.loss].labels] == ["adam", "adam · older"]
    key = area.loss.curve_near(area.loss.at(10, float(other.lanes["adam"].smoothed.points.at(10)[1])))  # type: ignore[index]
    assert key is not None
    with qtbot.waitSignal(area.lane_chosen) as picked:
        area.loss.clicked.emit(("older", "adam", "mean"))
    assert picked.args == ["older", "adam"]
    assert area.loss.curve_near(QPointF(-50, -50)) is None


def test_another_metric_can_be_shown(area: PlotArea) -> None:
    lines = whole_run()
    lines += [line("validation", 20, loss=1.0, samples=8, part="validation", f1=0.5, confusion=[[1, 0], [0, 1]])]
    shown(area, *lines)
    assert area.metric_names() == ["accuracy", "f1"]
    assert area.shown_metric() == "accuracy"
    area.metric_name = "f1"
    area.draw()
    assert area.score.curves["run", "adam", "validation"].item.getData()[1] == [0.5]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_picture_is_written_in_each_format(area: PlotArea, tmp_path: Path, suffix: str) -> None:
    shown(area, *whole_run(("sgd", "adam")))
    path = tmp_path / f"curves{suffix}"
    write_picture(area, path)
    if suffix == ".png":
        assert QImage(str(path)).width() > 2000
    elif suffix == ".svg":
        root = ElementTree.parse(path).getroot()
        texts = {"".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")}
        assert {"sgd", "adam", "accuracy"} <= texts
        assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) + len(
            list(root.iter("{http://www.w3.org/2000/svg}path"))
        ) > 8  # fmt: skip
    else:
        assert path.read_bytes().startswith(b"%PDF")


def test_a_picture_in_another_format_is_refused(area: PlotArea, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"curves.gif: a picture is .png, .svg, .pdf"):
        write_picture(area, tmp_path / "curves.gif")
    assert not (tmp_path / "curves.gif").exists()


@pytest.mark.parametrize(("low", "high"), [(-3.0, 1.0), (0.1, 0.2), (-30.0, 3.0), (0.0, 1.0)])
def test_logarithmic_axes_have_round_numbers_in_view(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert 2 <= len(ticks) <= 14
    assert all(low <= tick <= high for tick in ticks)


def test_the_plots_are_used_by_keyboard_too(area: PlotArea, qtbot: QtBot) -> None:
    shown(area, *whole_run())
    keys = Qt.Key
    for key in (keys.Key_Right, keys.Key_Right):
        qtbot.keyClick(area.loss, key)
    assert area.step == 12.0  # from the middle of 20 steps
    qtbot.keyClick(area.loss, keys.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert area.step == 2.0
    qtbot.keyClick(area.loss, keys.Key_Plus)
    low, high = area.rate.view.viewRange()[0]
    assert high - low == pytest.approx(14)
    qtbot.keyClick(area.loss, keys.Key_Home)
    assert area.rate.view.viewRange()[0] == pytest.approx([0, 20])
    qtbot.keyClick(area.loss, keys.Key_Escape)
    assert area.step is None
