"""A curve that grows: points (x, y) in arrays with room at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FIRST = 64


class Points:
    """x ascending (steps), y any number; NaN and infinities stay what they are."""

    def __init__(self) -> None:
        self._x, self._y = np.empty(FIRST), np.empty(FIRST)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Floats:
        """A view, not to be written to."""
        return self._x[: self._count]

    @property
    def y(self) -> Floats:
        """A view, not to be written to."""
        return self._y[: self._count]

    def extend(self, x: Sequence[float], y: Sequence[float]) -> None:
        """More points behind the last one."""
        count = self._count + len(x)
        if count > len(self._x):
            self._grow(count)
        self._x[self._count : count], self._y[self._count : count] = x, y
        self._count = count

    def add(self, x: float, y: float) -> None:
        """One more point."""
        self.extend((x,), (y,))

    def _grow(self, count: int) -> None:
        size = max(2 * len(self._x), count)
        for name in ("_x", "_y"):
            wider = np.empty(size)
            wider[: self._count] = getattr(self, name)[: self._count]
            setattr(self, name, wider)

    def at(self, x: float) -> tuple[float, float] | None:
        """The point nearest to x; None without points."""
        if not self._count:
            return None
        right = int(np.searchsorted(self.x, x))
        if right and (right == self._count or x - self._x[right - 1] <= self._x[right] - x):
            right -= 1
        return float(self._x[right]), float(self._y[right])
