"""`contract`: the one kernel behind convolution and linear layers, forward and backward.

C[c_rows(m) + n] = bias[n] + Σ_t Σ_k A[a_rows(m) + a_taps(t) + k·a_step] · B[b_taps(t) + k·b_step + n]

Everything that tells a convolution from its gradients is in the tables: where rows of A and C begin, where the taps
(kernel rows, kernel columns, or output rows for a weight gradient) lie in A and B. See docs/architecture.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.abi import In, Ints, Out, inlined, kernel, span
from netspec.kernels.calls import Ref, Table
from netspec.kernels.grain import GRAIN
from netspec.kernels.tile import TILE_ROWS, VECTOR_BYTES, make_tile

JOB = 10
"""Columns of a job: a0, b0, c0, bias0 (where its block lies), then first and last row, column and tap."""

ROW_HIGH, ROW_MID, ROW_LOW = TILE_ROWS
_high_2, _mid_2, _low_2 = (make_tile(rows, 2) for rows in TILE_ROWS)
_high_1, _mid_1, _low_1 = (make_tile(rows, 1) for rows in TILE_ROWS)


@kernel
def contract(
    chunk: int, chunks: int, a: In, b: In, bias: In, c: Out,
    jobs: Ints, a_rows: Ints, c_rows: Ints, a_taps: Ints, b_taps: Ints,
    inner: int, a_step: int, b_step: int, tile_rows: int,
) -> None:  # fmt: skip
    lanes = VECTOR_BYTES // a.itemsize
    has_bias = 1 if bias.size > 0 else 0
    first, last = span(chunk, chunks, jobs.size // JOB)
    for job in range(first, last):
        a0, b0, c0, bias0, m_first, m_last, n_first, n_last, t_first, t_last = _unpack(jobs, job)
        for n in range(n_first, n_last, 2 * lanes):
            columns = min(n_last - n, 2 * lanes)
            for m in range(m_first, m_last, tile_rows):
                at = (a0, b0 + n, bias0 + n, c0 + n, m, t_first)
                taps = t_last - t_first
                valid = min(tile_rows, m_last - m)
                if columns > lanes:
                    numbers = (taps, inner, a_step, b_step, valid, columns - lanes, has_bias)
                    if tile_rows == ROW_HIGH:
                        _high_2(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers)
                    elif tile_rows == ROW_MID:
                        _mid_2(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers)
                    else:
                        _low_2(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers)
                else:
                    numbers = (taps, inner, a_step, b_step, valid, columns, has_bias)
                    if tile_rows == ROW_HIGH:
                        _high_1(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers)
                    elif tile_rows == ROW_MID:
                        _mid_1(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers)
                    else:
                        _low_1(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers)


@inlined
def _unpack(jobs: Ints, job: int) -> tuple[int, int, int, int, int, int, int, int, int, int]:
    j = jobs[JOB * job : JOB * job + JOB]
    return j[0], j[1], j[2], j[3], j[4], j[5], j[6], j[7], j[8], j[9]


NOTHING = Ref("", 0)
"""An absent array, e.g. no bias."""


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

    def macs(self) -> int:
        """Multiply-adds, without what partly filled tiles waste."""
        depth = self.inner * self.columns
        return sum(block.rows * depth * self._tap_count(block) for block in self.blocks)

    def _tap_count(self, block: Block) -> int:
        first, last = block.taps or (0, len(self.a_taps))
        return last - first

    def tile_rows(self) -> int:
        """The tile height that wastes least on the usual block."""
        rows = max(block.rows for block in self.blocks)
        # A tile of h rows costs about h + 2: the loads of B are shared by its rows.
        return min(TILE_ROWS, key=lambda h: -(-rows // h) * (h + 2))

    def jobs(self, tile_rows: int) -> Table:
        """Every block, cut into jobs of rows and columns that are worth a chunk and keep a panel of B in cache."""
        column_width = 128
        table = []
        for block in self.blocks:
            first_tap, last_tap = block.taps or (0, len(self.a_taps))
            for n in range(0, self.columns, column_width):
                n_last = min(n + column_width, self.columns)
                cost = max(1, (last_tap - first_tap) * self.inner * (n_last - n)) * tile_rows / 8
                step = tile_rows * max(1, round(4 * GRAIN / cost))
                for m in range(0, block.rows, step):
                    m_last = min(m + step, block.rows)
                    table.append((block.a, block.b, block.c, block.bias, m, m_last, n, n_last, first_tap, last_tap))
        return np.array(table, dtype=np.int64).reshape(-1)

    def call_arguments(self) -> dict[str, Table | int]:
        """All arguments of `contract` but the arrays."""
        height = self.tile_rows()
        return {
            "jobs": self.jobs(height),
            "a_rows": self.a_rows,
            "c_rows": self.c_rows,
            "a_taps": self.a_taps,
            "b_taps": self.b_taps,
            "inner": self.inner,
            "a_step": self.a_step,
            "b_step": self.b_step,
            "tile_rows": height,
        }

