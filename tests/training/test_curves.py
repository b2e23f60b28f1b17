"""The picture has every point, tells lanes apart, and its labels do not overlap."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from netspec.training.curves import STYLE, _apart, _within, draw, write_curves
from netspec.training.history import read_history
from netspec.training.series import LaneCurves, RunCurves, collect, colours, smoothed, smoothing_factor
from tests.training.fake import make_program, make_spec
from tests.training.helpers import run

RACE = ("sgd", "momentum", "adagrad", "rmsprop", "adam")


def test_the_files_are_whole_and_the_same_each_time(tmp_path: Path) -> None:
    run(make_spec(RACE), tmp_path / "run")
    events = list(read_history(tmp_path / "run"))
    svg, png = write_curves(events, tmp_path)
    first = svg.read_bytes(), png.read_bytes()
    write_curves(events, tmp_path)
    assert (svg.read_bytes(), png.read_bytes()) == first
    with Image.open(png) as image:
        assert image.size == (2000, 960)
    text = svg.read_text()
    for label in RACE:
        assert f">{label}  0." in text or f">{label}  1." in text
    for colour in ("#0072b2", "#e69f00", "#cc79a7", "#009e73", "#d55e00"):
        assert colour in text
    assert "mₜ = β·mₜ₋₁ + (1−β)·lossₜ, β = 0.75" in text
    assert "matplotlib.pyplot" not in __import__("sys").modules


def test_no_point_is_dropped(tmp_path: Path) -> None:
    run(make_spec(("sgd",), train={"epochs": 40}), tmp_path / "run")
    curves = collect(read_history(tmp_path / "run"))
    raw = draw(curves).axes[0].lines[0]
    assert list(raw.get_xdata()) == list(range(1, 201))
    assert list(raw.get_ydata()) == curves.lanes["sgd"].loss.y


@pytest.mark.parametrize("nan_at", [1, 7])
def test_a_lane_that_ended_with_nan_is_drawn_and_says_so(tmp_path: Path, nan_at: int) -> None:
    spec = make_spec(("sgd", "momentum"))
    program = make_program(spec)
    program.lanes[1].nan_at = nan_at
    run(spec, tmp_path / "run", program=program)
    svg, _ = write_curves(read_history(tmp_path / "run"), tmp_path)
    assert ">momentum  NaN<" in svg.read_text()


def test_a_run_without_validation_or_steps_is_drawn(tmp_path: Path) -> None:
    run(make_spec(("sgd",), train={"validation_split": 0.0}), tmp_path / "a")
    run(make_spec(("sgd",), train={"epochs": 0}), tmp_path / "b")
    for name in "ab":
        write_curves(read_history(tmp_path / name), tmp_path / name)
        assert (tmp_path / name / "curves.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("steps", "steps_per_epoch", "window"),
    [(615, 41, 615 / 40), (16_400, 41, 41), (100_000, 1000, 100), (40, 8, 4), (1000, 1, 4)],
)
def test_the_average_looks_back_over_an_epoch_and_100_steps_at_most(steps: int, steps_per_epoch: int, window: float) -> None:
    assert 1 / (1 - smoothing_factor(steps, steps_per_epoch)) == pytest.approx(window)


def test_in_a_long_run_the_average_follows_what_the_batches_are_now() -> None:
    """400 epochs of 41 steps: the loss falls from 2.3 to 0.05 within 150 steps; at step 249 the average must say so."""
    losses = [2.3 * (0.05 / 2.3) ** min(step / 150, 1) for step in range(250)]
    found = smoothed(losses, smoothing_factor(16_400, 41))
    assert found[249] == pytest.approx(np.mean(losses[209:]), rel=1)
    assert found[249] < 0.12


def test_smoothing_is_the_average_that_its_formula_says() -> None:
    values = [3.0, 1.0, math.nan, 2.0, 8.0]
    weights = np.array([0.9**3, 0.9**2, 0.9, 1.0])
    expected = (weights * [3.0, 1.0, 2.0, 8.0]).sum() / weights.sum()
    found = smoothed(values, 0.9)
    assert found[-1] == pytest.approx(expected, rel=1e-14)
    assert found[0] == pytest.approx(3.0, rel=1e-14)
    assert math.isnan(found[2])


@given(heights=st.lists(st.floats(0, 500), min_size=1, max_size=8))
def test_labels_stay_apart_and_in_order(heights: list[float]) -> None:
    found = _apart(sorted(heights), 13)
    assert len(found) == len(heights)
    assert all(high - low >= 13 - 1e-9 for low, high in pairwise(found))


@given(heights=st.lists(st.floats(0, 300), min_size=1, max_size=8))
def test_labels_stay_beside_the_panel(heights: list[float]) -> None:
    found = _within(_apart(sorted(heights), 13), 13, 20, 250)
    assert all(20 <= height <= 250 for height in found)
    assert all(high - low >= 13 - 1e-9 for low, high in pairwise(found))


@pytest.mark.parametrize("names", [["a"], ["momentum_of_0.9_and_lr_0.02", "adam"], [f"adam_{i:016d}" for i in range(8)]])
@pytest.mark.parametrize(("loss", "metric"), [(0.0001, 0.9861), (123456.0, -1234567.0)])
def test_nothing_is_cut_off_or_runs_into_the_next_panel(names: list[str], loss: float, metric: float) -> None:
    lanes = {name: LaneCurves(name, "adam") for name in names}
    for lane in lanes.values():
        for x in range(1, 601):
            lane.loss.add(x, 3.0 if x < 300 else loss)
        for x in range(0, 601, 60):
            lane.validation.add(x, loss)
            lane.metric.add(x, metric)
    with matplotlib.rc_context(STYLE):
        figure = draw(RunCurves("long", lanes, "accuracy", 60))
        figure.canvas.draw()
        left, right = (axes.get_tightbbox() for axes in figure.axes)
    assert left.x0 > 5
    assert left.x1 + 10 < right.x0
    assert right.x1 < figure.bbox.x1 - 5
    assert all(axes.bbox.width > 120 for axes in figure.axes)


def test_lanes_of_one_type_get_different_colours() -> None:
    lanes = [LaneCurves(label, kind) for label, kind in (("a", "adam"), ("b", "adam"), ("c", "lion"), ("d", "sgd"))]
    found = colours(lanes)
    assert found["a"] == "#D55E00"
    assert found["d"] == "#0072B2"
    assert len(set(found.values())) == 4
