"""`contract`: the one kernel behind convolution and linear layers, forward and backward.

C[c_rows(m) + n] = bias[n] + Σ_t Σ_k A[a_rows(m) + a_taps(t) + k·a_step] · B[b_taps(t) + k·b_step + n]

Everything that tells a convolution from its gradients is in the tables: where rows of A and C begin, where the taps
(kernel rows, kernel columns, or output rows for a weight gradient) lie in A and B. See docs/architecture.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netspec.kernels.abi import Array, In, Ints, Out, cast, inlined, kernel, span
from netspec.kernels.calls import Ref, Table
from netspec.kernels.grain import GRAIN
from netspec.kernels.panels import PANEL
from netspec.kernels.tile import FROM_BIAS, FROM_RESULT, FROM_ZERO, LOW, MIDDLE, TALL, VECTOR_BYTES, make_tile

JOB = 10
"""Columns of a job: a0, b0, c0, bias0 (where its block lies), then first and last row, column and tap."""

TALL_2, TALL_1 = TALL
MIDDLE_2, MIDDLE_1 = MIDDLE
LOW_2, LOW_1 = LOW
_tall_2, _middle_2, _low_2 = (make_tile(rows, 2) for rows in (TALL_2, MIDDLE_2, LOW_2))
_tall_1, _middle_1, _low_1 = (make_tile(rows, 1) for rows in (TALL_1, MIDDLE_1, LOW_1))


@njit(error_model="numpy", boundscheck=False)
def sweep(
    arrays: tuple[Array, ...], tables: tuple[Array, ...], at: tuple[int, ...], rows: tuple[int, int],
    numbers: tuple[int, ...], wide: int, start: int, floor: float,
) -> None:  # fmt: skip
    """Rows first … last − 1 of `wide` columns (up to two vectors), tile by tile.

    at: offsets (a, b, bias, c, tap); numbers: (taps, inner, a_step, b_step, b_unit, c_unit); see `tile.make_tile`.
    """
    a0, b0, bias0, c0, t = at
    taps, inner, a_step, b_step, b_unit, c_unit = numbers
    m, last = rows
    lanes = VECTOR_BYTES // arrays[0].itemsize
    while m < last:
        left = last - m
        where = (a0, b0, bias0, c0, m, t)
        sizes = (taps, inner, a_step, b_step, b_unit, c_unit, left, wide, start)
        if wide > lanes:
            if left > MIDDLE_2:
                _tall_2(arrays, tables, where, sizes, floor)
                m += TALL_2
            elif left > LOW_2:
                _middle_2(arrays, tables, where, sizes, floor)
                m += MIDDLE_2
            else:
                _low_2(arrays, tables, where, sizes, floor)
                m += LOW_2
        elif left > 2 * MIDDLE_1:
            _tall_1(arrays, tables, where, sizes, floor)
            m += TALL_1
        elif left > LOW_1:
            _middle_1(arrays, tables, where, sizes, floor)
            m += MIDDLE_1
        else:
            _low_1(arrays, tables, where, sizes, floor)
            m += LOW_1


@kernel
def contract(
    chunk: int, chunks: int, a: In, b: In, bias: In, c: Out, centre: In, scale: In, offset: In, residual: In,
    jobs: Ints, a_rows: Ints, c_rows: Ints, a_taps: Ints, b_taps: Ints, inner: int, a_step: int, b_step: int, columns: int,
    b_panel: int, c_panel: int, tap_block: int, adds: int, floor: float,
) -> None:  # fmt: skip
    """b_panel, c_panel: rows of B and C when they lie in panels (`panels.py`), else 0; in panels b_step, b_taps and c_rows
    count rows instead of elements. tap_block: taps that are summed before the next tile. adds: C += instead of C =.
    """
    lanes = VECTOR_BYTES // a.itemsize
    arrays, plain = (a, b, bias, c, centre, scale, offset, residual), (a, b, bias, c, a[:0], a[:0], a[:0], a[:0])
    tables, lowest = (a_rows, c_rows, a_taps, b_taps), cast(a, -np.inf)
    first, last = span(chunk, chunks, jobs.size // JOB)
    for job in range(first, last):
        a0, b0, c0, bias0, m_first, m_last, n_first, n_last, t_first, t_last = _unpack(jobs, job)
        for t in range(t_first, max(t_last, t_first + 1), tap_block):
            start = FROM_RESULT if adds or t > t_first else FROM_BIAS if bias.size > 0 else FROM_ZERO
            is_last = t_last - t <= tap_block
            for n in range(n_first, n_last, 2 * lanes):
                panel = n // PANEL * PANEL
                unit = min(PANEL, columns - panel)
                b_unit, b_at = (unit, b0 + b_panel * panel + n - panel) if b_panel else (1, b0 + n)
                c_unit, c_at = (unit, c0 + c_panel * panel + n - panel) if c_panel else (1, c0 + n)
                numbers = (min(tap_block, t_last - t), inner, a_step, b_step * b_unit, b_unit, c_unit)
                at, wide = (a0, b_at, bias0 + n, c_at, t), min(n_last - n, 2 * lanes)
                used, least = (arrays, floor) if is_last else (plain, lowest)
                sweep(used, tables, at, (m_first, m_last), numbers, wide, start, least)


@inlined
def _unpack(jobs: Ints, job: int) -> tuple[int, int, int, int, int, int, int, int, int, int]:
    j = jobs[JOB * job : JOB * job + JOB]
    return j[0], j[1], j[2], j[3], j[4], j[5], j[6], j[7], j[8], j[9]


NOTHING = Ref("", 0)
"""An absent array, e.g. no bias."""
PLAIN: dict[str, Ref | float] = {
    "centre": NOTHING, "scale": NOTHING, "offset": NOTHING, "residual": NOTHING, "floor": -math.inf,
}  # fmt: skip
"""Arguments of a kernel that ends with the stage described in `tile.py` when nothing is done there."""


@dataclass(frozen=True)
class Block:
    """A piece of a contraction with its own place: one sample, one group, one segment of the reduction."""

    a: int
    b: int
    c: int
    rows: int
    """How many of the row tables' rows it has."""
    bias: int = 0
    taps: tuple[int, int] | None = None
    """Which taps it sums over; None: all."""


@dataclass(frozen=True)
class Contraction:
    """A contraction as data; `call_arguments` turns it into the arguments of `contract`."""

    a_rows: NDArray[np.int64]
    c_rows: NDArray[np.int64]
    a_taps: NDArray[np.int64]
    b_taps: NDArray[np.int64]
    inner: int
    a_step: int
    b_step: int
    columns: int
    blocks: list[Block] = field(default_factory=list)
    b_panel: int = 0
    """Rows of B's panels; 0: B is a plain matrix."""
    c_panel: int = 0
    job_rows: int = 0
    """Rows of a job; 0: as many as are worth a chunk."""
    tap_block: int = 1 << 40
    """Taps to sum before going on to the next tile, when A and B are too large for the cache."""
    adds: bool = False
    """C += instead of C =."""

    def macs(self) -> int:
        """Multiply-adds, without what partly filled tiles waste."""
        depth = self.inner * self.columns
        return sum(block.rows * depth * self._tap_count(block) for block in self.blocks)

    def _tap_count(self, block: Block) -> int:
        first, last = block.taps or (0, len(self.a_taps))
        return last - first

    def jobs(self) -> Table:
        """Every block, cut into jobs of rows and columns that are worth a chunk and keep a panel of B in cache."""
        column_width = 4 * PANEL
        table = []
        for block in self.blocks:
            first_tap, last_tap = block.taps or (0, len(self.a_taps))
            for n in range(0, self.columns, column_width):
                n_last = min(n + column_width, self.columns)
                cost = max(1, (last_tap - first_tap) * self.inner * (n_last - n)) * TALL_1 / 8
                step = self.job_rows or TALL_1 * max(1, round(4 * GRAIN / cost))
                for m in range(0, block.rows, step):
                    m_last = min(m + step, block.rows)
                    table.append((block.a, block.b, block.c, block.bias, m, m_last, n, n_last, first_tap, last_tap))
        return np.array(table, dtype=np.int64).reshape(-1)

    def call_arguments(self) -> dict[str, Table | int]:
        """All arguments of `contract` but the arrays."""
        return {
            "jobs": self.jobs(),
            "a_rows": self.a_rows,
            "c_rows": self.c_rows,
            "a_taps": self.a_taps,
            "b_taps": self.b_taps,
            "inner": self.inner,
            "a_step": self.a_step,
            "b_step": self.b_step,
            "columns": self.columns,
            "b_panel": self.b_panel,
            "c_panel": self.c_panel,
            "tap_block": self.tap_block,
            "adds": int(self.adds),
        }
