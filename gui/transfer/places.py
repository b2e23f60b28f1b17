"""Where the parts of the chart of stages lie: columns for units, rows for stretches of epochs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

from gui.transfer.schedule import Schedule

LABELS, HEAD, GAP, LEAST, NARROWEST = 166.0, 22.0, 2.0, 22.0, 10.0
"""Pixels: names of the stages at the left, of the layers above, between columns, of a row and a column at least."""


@dataclass(frozen=True)
class Places:
    """For a chart of this size."""

    schedule: Schedule
    width: float
    height: float

    @cached_property
    def columns(self) -> tuple[tuple[float, float], ...]:
        """Left and right edge of each unit; wider where there are more layers in it."""
        weights = [sqrt(len(unit.leaves)) + 0.6 for unit in self.schedule.units]
        room = max(self.width - LABELS - GAP * len(weights), NARROWEST * len(weights))
        found, left = [], LABELS
        for weight in weights:
            right = left + room * weight / sum(weights)
            found.append((left, right))
            left = right + GAP
        return tuple(found)

    @cached_property
    def rows(self) -> tuple[tuple[float, float], ...]:
        """Upper and lower edge of each row; higher where it has more epochs, none too low to be read."""
        rows = self.schedule.rows
        epochs = [row.last - row.first + 1 for row in rows]
        spare = max(self.height - HEAD - (LEAST + GAP) * len(rows), 0.0)
        found, top = [], HEAD
        for count in epochs:
            bottom = top + LEAST + spare * count / sum(epochs)
            found.append((top, bottom))
            top = bottom + GAP
        return tuple(found)

    @property
    def least_height(self) -> float:
        """Below which rows would be cut off."""
        return HEAD + (LEAST + GAP) * len(self.schedule.rows)

    def row_at(self, y: float) -> int | None:
        """The row at a height."""
        return next((at for at, (top, bottom) in enumerate(self.rows) if top <= y < bottom + GAP), None)

    def unit_at(self, x: float) -> int | None:
        """The unit at a place from the left."""
        return next((at for at, (left, right) in enumerate(self.columns) if left <= x < right + GAP), None)

    def edge(self, unit: int) -> float:
        """Where the frozen units end, when so many are: the middle of the gap before the next."""
        return self.columns[unit][0] - GAP / 2 if unit < len(self.columns) else self.columns[-1][1]

    def nearest_edge(self, x: float) -> int:
        """How many units lie left of a place."""
        return min(range(len(self.columns) + 1), key=lambda unit: abs(self.edge(unit) - x))

    def line(self, row: int) -> float:
        """Where a row begins."""
        return self.rows[row][0] - GAP / 2

    def epoch_at(self, y: float) -> int:
        """Epochs that are done at a height, rounded to the nearest."""
        for row, (top, bottom) in zip(self.schedule.rows, self.rows, strict=True):
            if y < bottom + GAP:
                return round(row.first - 1 + max(y - top, 0) / (bottom - top) * (row.last - row.first + 1))
        return self.schedule.rows[-1].last

    def height_of(self, epochs: float) -> float:
        """Where so many epochs are done."""
        for row, (top, bottom) in zip(self.schedule.rows, self.rows, strict=True):
            if epochs <= row.last:
                return top + (bottom - top) * (epochs - row.first + 1) / (row.last - row.first + 1)
        return self.rows[-1][1]
