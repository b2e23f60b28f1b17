"""Growing, thinning out and smoothing curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.runs.decimate import decimate, edges
from gui.runs.points import Points
from gui.runs.smoothing import Smoothed
from netspec.training.series import smoothed

VALUES = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])


def points(y: list[float]) -> Points:
    made = Points()
    made.extend(range(1, len(y) + 1), y)
    return made


@given(st.lists(st.lists(VALUES, max_size=50), max_size=12))
@settings(deadline=None)
def test_a_growing_curve_holds_all_its_points(parts: list[list[float]]) -> None:
    made, x = Points(), 0
    for part in parts:
        made.extend(range(x, x + len(part)), part)
        x += len(part)
    whole = [value for part in parts for value in part]
    np.testing.assert_array_equal(made.y, whole)
    np.testing.assert_array_equal(made.x, range(len(whole)))


@given(st.integers(0, 2**31), st.integers(1, 3000), st.integers(1, 60), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_no_spike_is_hidden(seed: int, count: int, columns: int, one: float, other: float) -> None:
    """In each pixel column the lowest and the highest drawn value are those of the curve; all drawn points are points."""
    rng = np.random.default_rng(seed)
    x = np.cumsum(rng.integers(1, 4, count)).astype(float)
    y = np.where(rng.random(count) < 0.1, np.nan, rng.standard_cauchy(count))
    low, high = sorted((one * x[-1], other * x[-1] + 1e-3))
    drawn_x, drawn_y = decimate(x, y, low, high, columns)
    assert len(drawn_x) <= 5 * (columns + 2)
    index = np.searchsorted(x, drawn_x)
    np.testing.assert_array_equal(x[index], drawn_x)
    np.testing.assert_array_equal(y[index], drawn_y)
    assert (np.diff(index) > 0).all()
    column = np.searchsorted(edges(low, high, columns), x, side="right")
    drawn_column = np.searchsorted(edges(low, high, columns), drawn_x, side="right")
    for c in set(column) & set(range(1, columns + 1)):
        all_y, shown = y[column == c], drawn_y[drawn_column == c]
        if np.isfinite(all_y).any():
            assert (np.nanmin(shown), np.nanmax(shown)) == (np.nanmin(all_y), np.nanmax(all_y))
        assert np.isnan(all_y).any() == np.isnan(shown).any()


def test_lines_lead_out_of_the_picture_to_the_next_points() -> None:
    x = np.arange(100.0)
    drawn, _ = decimate(x, x, 10.5, 20.5, 5)
    assert (drawn[0], drawn[-1]) == (10, 21)


@given(st.lists(VALUES, max_size=700), st.sampled_from([0.0, 0.5, 0.9, 0.999]), st.integers(1, 200))
@settings(deadline=None)
def test_smoothing_piece_by_piece_is_the_formula(y: list[float], beta: float, piece: int) -> None:
    raw, mean = Points(), Smoothed(beta)
    for start in range(0, len(y), piece):
        part = y[start : start + piece]
        raw.extend(range(start, start + len(part)), part)
        mean.follow(raw)
    np.testing.assert_allclose(mean.points.y, smoothed(y, beta), rtol=1e-9, atol=1e-6)


def test_the_first_smoothed_value_is_the_first_value() -> None:
    mean = Smoothed(0.99)
    mean.follow(points([3.0, 3.0, 3.0]))
    np.testing.assert_allclose(mean.points.y, 3.0, rtol=1e-12)


@pytest.mark.parametrize(("x", "found"), [(-5, 1), (1.4, 1), (1.5, 1), (1.6, 2), (99, 3)])
def test_the_nearest_point_is_found(x: float, found: int) -> None:
    assert points([7.0, 8.0, 9.0]).at(x) == (found, found + 6)
    assert Points().at(x) is None
