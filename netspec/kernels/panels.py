"""Weights in panels: 32 neighbouring columns of a matrix lie together, row after row.

A matrix (rows, columns) becomes the panels of its columns 0 … 31, 32 … 63, …, each (rows, 32), the last one as narrow as it
is. A tile then reads its operand line by line; in a matrix of 512 columns each of its rows would lie in a page of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.abi import In, Out, kernel, span

PANEL = 32
"""Columns of a panel; a multiple of the widest tile."""


def to_panels(matrix: NDArray[Any]) -> NDArray[Any]:
    """(rows, columns) → flat, panel by panel."""
    return np.concatenate([matrix[:, first : first + PANEL].reshape(-1) for first in range(0, matrix.shape[1], PANEL)])


def from_panels(flat: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """The inverse of `to_panels`."""
    matrix = np.empty((rows, columns), dtype=flat.dtype)
    for first in range(0, columns, PANEL):
        width = min(PANEL, columns - first)
        matrix[:, first : first + width] = flat[rows * first : rows * (first + width)].reshape(rows, width)
    return matrix


@kernel
def transpose_panels(
    chunk: int, chunks: int, x: In, y: Out, groups: int, taps: int, rows: int, columns: int
) -> None:
    """Groups of x (taps · rows, columns) in panels → (taps · columns, rows) in panels, tap by tap transposed.

    A chunk is a range of (group, tap, panel of y).
    """
    y_panels = (rows + PANEL - 1) // PANEL
    first, last = span(chunk, chunks, groups * taps * y_panels)
    for piece in range(first, last):
        group, tap, low = piece // (taps * y_panels), piece // y_panels % taps, piece % y_panels * PANEL
        wide = min(PANEL, rows - low)
        source, target = group * taps * rows * columns, group * taps * rows * columns + taps * columns * low
        for c0 in range(0, columns, PANEL):
            width = min(PANEL, columns - c0)
            block = x[source + taps * rows * c0 + (tap * rows + low) * width :]
            result = y[target + (tap * columns + c0) * wide :]
            for r in range(wide):
                for c in range(width):
                    result[c * wide + r] = block[r * width + c]
