"""Fewer points, the same picture: of each pixel column the first, the lowest, the highest, the last, and a gap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui.runs.points import Floats

MOST = 5
"""Points that are kept of one column."""
MANY = 64
"""Points of a column from which one call for each column is less work than whole-array operations on all points."""


def decimate(x: Floats, y: Floats, low: float, high: float, columns: int) -> tuple[Floats, Floats]:
    """The points of a curve (x ascending) that show in `columns` pixel columns between low and high.

    All are points of the curve, in their order: five of each column at most, its lowest and highest among them, so that no
    spike is lost, its first NaN, where the line breaks, and one point on either side, to which lines lead out of the picture.
    """
    first, last = _visible(x, low, high)
    if last - first <= MOST * columns or high <= low:
        return x[first:last], y[first:last]
    starts = first + np.searchsorted(x[first:last], edges(low, high, columns))
    bounds = _once(np.concatenate(([first], starts, [last])))
    index = _once(np.sort(np.concatenate([bounds[:-1], bounds[1:] - 1, *_extremes(y, bounds)])))
    return x[index], y[index]


def _once(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """Without repetitions. (np.unique loads half of NumPy when it is first called, which would be while a plot is drawn.)"""
    return ascending[np.flatnonzero(np.diff(ascending, prepend=-1))]


def edges(low: float, high: float, columns: int) -> Floats:
    """Where the pixel columns begin, and where the last one ends."""
    return np.linspace(low, high, columns + 1)


def _visible(x: Floats, low: float, high: float) -> tuple[int, int]:
    """Range of the points from low to high, and one more on either side."""
    first = int(np.searchsorted(x, low, side="left"))
    last = int(np.searchsorted(x, high, side="right"))
    return max(first - 1, 0), min(last + 1, len(x))


def _extremes(y: Floats, bounds: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Places of the lowest and of the highest value, and of the first NaN, of each column."""
    if bounds[-1] - bounds[0] < MANY * len(bounds):
        return _extremes_of_few(y, bounds)
    spans = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
    part = y[bounds[0] : bounds[-1]]
    missing = np.isnan(part)
    if not missing.any():
        return [_places(y, spans, "argmin"), _places(y, spans, "argmax")]
    shifted = [(start - spans[0][0], end - spans[0][0]) for start, end in spans]
    ways = ((np.where(missing, np.inf, part), "argmin"), (np.where(missing, -np.inf, part), "argmax"), (missing, "argmax"))
    return [_places(values, shifted, way) + spans[0][0] for values, way in ways]


def _extremes_of_few(y: Floats, bounds: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    part, starts = y[bounds[0] : bounds[-1]], bounds[:-1] - bounds[0]
    runs = np.repeat(np.arange(len(starts)), np.diff(bounds))
    missing = np.isnan(part)
    ways = [np.where(missing, np.inf, part), np.where(missing, np.inf, -part)]
    if missing.any():
        ways.append(np.where(missing, 0.0, 1.0))
    found = []
    for values in ways:
        hits = np.flatnonzero(values == np.minimum.reduceat(values, starts)[runs])
        first = np.flatnonzero(np.diff(runs[hits], prepend=-1))
        found.append(hits[first] + bounds[0])
    return found


def _places(values: NDArray[np.generic], spans: list[tuple[int, int]], way: str) -> NDArray[np.int64]:
    """One call a column, 1 µs each: less than one pass over many more points than there are columns."""
    return np.array([start + getattr(values[start:end], way)() for start, end in spans], np.int64)
