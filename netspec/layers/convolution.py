"""The offset tables of a two-dimensional convolution and its gradients; see netspec/kernels/contract.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.contract import Block, Contraction
from netspec.kernels.panels import PANEL
from netspec.kernels.tile import TALL, VECTOR_BYTES
from netspec.layers.base import ShapeError
from netspec.layers.contraction_calls import segment_bounds
from netspec.windows import Axis

SMALL_GRADIENT = 16_384
"""Weights of which each shard may sum its own gradient: the sums of all shards are a megabyte."""
LAST_LEVEL = 1 << 23
"""Bytes of input and output gradient that may be read again for every few rows of a weight gradient: they stay in the
last-level cache."""
SECOND_LEVEL = 3 << 17
"""Bytes of them that are summed before the next tile, so that they stay in the second-level cache of a core."""
FEW_ROWS, MANY_ROWS = 96, 1248
"""Rows of a job of a weight gradient whose operands are small and large; 1248 rows of 128 sums are 640 KB."""
WANTED_JOBS = 16

Offsets = NDArray[np.int64]


@dataclass(frozen=True)
class Geometry:
    """The offset tables of one convolution.

    Stored weights are a matrix (K·K·C/groups, O/groups) in panels for each group.
    """

    channels: int
    out_channels: int
    groups: int
    height: Axis
    width: Axis

    @property
    def group_in(self) -> int:
        return self.channels // self.groups

    @property
    def group_out(self) -> int:
        return self.out_channels // self.groups

    @property
    def kernel(self) -> tuple[int, int]:
        return self.height.kernel, self.width.kernel

    @property
    def is_depthwise(self) -> bool:
        """Whether every channel has a filter of its own."""
        return self.groups == self.channels == self.out_channels > 1

    @property
    def window(self) -> int:
        """Taps of the window."""
        return self.kernel[0] * self.kernel[1]

    @property
    def pixels(self) -> int:
        """Output pixels of one sample."""
        return self.height.output * self.width.output

    @property
    def group_weights(self) -> int:
        return self.window * self.group_in * self.group_out

    def padded_size(self) -> tuple[int, int]:
        """Height and width of the input with margins, as far as windows reach."""
        return tuple(axis.padded + axis.overhang for axis in (self.height, self.width))  # type: ignore[return-value]

    def forward(self, n: int, shards: int = 0) -> Contraction:
        """y from the padded x and w: rows are output pixels, taps the window's, the inner sum runs over channels."""
        h, w, (high, wide) = self.height, self.width, self.padded_size()
        line = wide * self.channels
        together = samples_together(self.pixels, n // (shards or 1))
        pixels = grid(np.arange(h.output) * h.stride * line, np.arange(w.output) * w.stride * self.channels)
        a_rows = grid(np.arange(together) * high * line, pixels)
        a_taps, b_taps, inner = self._window_taps(line)
        c, o = self.group_in, self.group_out
        sample, output = high * line, self.pixels * self.out_channels
        blocks = [
            Block(i * sample + g * c, g * self.group_weights, i * output + g * o, len(a_rows), bias=g * o)
            for i in range(0, n, together) for g in range(self.groups)
        ]  # fmt: skip
        c_rows = np.arange(len(a_rows)) * self.out_channels
        return Contraction(a_rows, c_rows, a_taps, b_taps, inner, 1, 1, o, blocks, b_panel=self.window * c)

    def _window_taps(self, line: int) -> tuple[Offsets, Offsets, int]:
        """Where the window's taps lie in x and in w (there, in rows), and the length of the inner sum."""
        h, w = self.height, self.width
        if self.groups == 1 and w.dilation == 1:  # a row of the window is contiguous: (kw, c) in one inner sum
            inner = w.kernel * self.channels
            return np.arange(h.kernel) * h.dilation * line, np.arange(h.kernel) * inner, inner
        a_taps = grid(np.arange(h.kernel) * h.dilation * line, np.arange(w.kernel) * w.dilation * self.channels)
        return a_taps, np.arange(self.window) * self.group_in, self.group_in

    def weight_gradient(self, n: int, itemsize: int, shards: int = 0) -> tuple[Contraction, int]:
        """dw from the padded x and dy, as so many partial sums: rows are weights, taps output rows, inner their pixels."""
        h, w, (high, wide) = self.height, self.width, self.padded_size()
        line = wide * self.channels
        window = grid(np.arange(h.kernel) * h.dilation * line, np.arange(w.kernel) * w.dilation * self.channels)
        a_rows = grid(window, np.arange(self.group_in))
        a_taps = grid(np.arange(n) * high * line, np.arange(h.output) * h.stride * line)
        b_taps = np.arange(n * h.output) * w.output * self.out_channels
        tap_bytes = itemsize * (line * h.stride + w.output * self.out_channels)
        job_rows, segments = self._weight_jobs(n, n * h.output * tap_bytes, shards)
        total = self.groups * self.group_weights
        blocks = [
            Block(g * self.group_in, g * self.group_out, s * total + g * self.group_weights, len(a_rows), taps=taps)
            for s, taps in enumerate(segment_bounds(len(a_taps), segments)) for g in range(self.groups)
        ]  # fmt: skip
        form = Contraction(
            a_rows, np.arange(len(a_rows)), a_taps, b_taps, w.output, w.stride * self.channels, self.out_channels,
            self.group_out, blocks, c_panel=len(a_rows), job_rows=job_rows, tap_block=max(1, SECOND_LEVEL // tap_bytes),
        )  # fmt: skip
        return form, segments

    def _weight_jobs(self, n: int, operand_bytes: int, shards: int) -> tuple[int, int]:
        """(rows of a job, partial sums) of the weight gradient: small ones are summed apart for stretches of the batch."""
        rows = self.window * self.group_in
        if shards and self.groups * self.group_weights <= SMALL_GRADIENT:
            return rows, shards
        job_rows = FEW_ROWS if operand_bytes <= LAST_LEVEL else MANY_ROWS
        jobs = self.groups * -(-rows // job_rows) * -(-self.group_out // (4 * PANEL))
        return job_rows, max(1, min(-(-WANTED_JOBS // jobs), n * self.height.output))

    def prefers_rows(self, itemsize: int) -> bool:
        """Whether `row_gradients` costs less than `input_gradients`: it fills vectors with (kernel column, channel).

        Counted in vector multiply-adds for one row of the kernel.
        """
        if self.groups > 1 or self.width.dilation > 1:
            return False
        lanes, (_, kw) = VECTOR_BYTES // itemsize, self.kernel
        by_pixel = self.width.size * kw / self.width.stride * -(-self.channels // lanes)
        by_row = self.width.output * -(-kw * self.channels // lanes)
        return 1.2 * by_row < by_pixel  # adding up the rows costs a little, too

    def row_gradients(self, n: int) -> list[Contraction]:
        """What dy, with margins above and below, gives to each row of dx: (n, H, W', K·C), still apart for each window.

        t[i, j, (s, c)] = Σ_{r, o} dy[i', j, o] · w[o, c, r, s] with i' the output row whose tap r reads the input row i. The
        windows overlap; `add_rows` puts them where they belong. Weights come as (K·O, K·C) in panels.
        """
        h, w = self.height, self.width
        top, high = self.gradient_margins()[0]
        line, span = w.output * self.out_channels, w.kernel * self.channels
        forms = []
        for p in range(min(h.stride, h.size)):
            rows = len(range(p, h.size, h.stride))
            a_rows = grid((np.arange(rows) + top) * line, np.arange(w.output) * self.out_channels)
            c_rows = grid((np.arange(rows) * h.stride + p) * w.output, np.arange(w.output)) * span
            taps = [(shift * line, r * self.out_channels) for r, shift in _shifts(h, p)]
            a_taps, b_taps = (np.array([tap[k] for tap in taps], dtype=np.int64) for k in (0, 1))
            blocks = [Block(i * high * line, 0, i * h.size * w.output * span, len(a_rows)) for i in range(n)]
            panel = h.kernel * self.out_channels
            form = Contraction(a_rows, c_rows, a_taps, b_taps, self.out_channels, 1, 1, span, blocks, b_panel=panel)
            forms.append(form)
        return forms

    def gradient_margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """(margin before, size with margins) of dy, for height and width, so that every tap of dx stays inside."""
        return _gradient_margin(self.height), _gradient_margin(self.width)

    def input_gradients(self, n: int, shards: int = 0) -> list[Contraction]:
        """dx from dy with margins and w transposed, (K·K·O, C) in panels: one contraction for each phase of the stride."""
        phases = [(p, q) for p in range(self.height.stride) for q in range(self.width.stride)]
        inside = [(p, q) for p, q in phases if p < self.height.size and q < self.width.size]
        return [self._phase_gradient(n, shards, p, q) for p, q in inside]

    def _phase_gradient(self, n: int, shards: int, p: int, q: int) -> Contraction:
        """dx at the input pixels (p + i·S, q + j·S): each tap that can reach them reads dy at a fixed shift."""
        h, w = self.height, self.width
        (top, high), (left, wide) = self.gradient_margins()
        line = wide * self.out_channels
        rows, columns = len(range(p, h.size, h.stride)), len(range(q, w.size, w.stride))
        together = samples_together(rows * columns, n // (shards or 1))
        source, target = high * line, h.size * w.size * self.channels
        pixels = grid((np.arange(rows) + top) * line, (np.arange(columns) + left) * self.out_channels)
        places = grid((np.arange(rows) * h.stride + p) * w.size, np.arange(columns) * w.stride + q) * self.channels
        taps = [
            (i * line + j * self.out_channels, (r * w.kernel + s) * self.group_out)
            for r, i in _shifts(h, p) for s, j in _shifts(w, q)
        ]  # fmt: skip
        a_taps, b_taps = (np.array([tap[k] for tap in taps], dtype=np.int64) for k in (0, 1))
        size = together * len(pixels)
        blocks = [
            Block(
                i * source + g * self.group_out, g * self.group_weights, i * target + g * self.group_in, size,
                bias=g * self.group_in,
            )
            for i in range(0, n, together) for g in range(self.groups)
        ]  # fmt: skip
        samples = np.arange(together)
        return Contraction(
            grid(samples * source, pixels), grid(samples * target, places), a_taps, b_taps, self.group_out, 1, 1,
            self.group_in, blocks, b_panel=self.window * self.group_out,
        )  # fmt: skip


def check_groups(channels: int, out_channels: int, groups: int) -> None:
    """Raise ShapeError NS206 unless the groups divide the input and output channels."""
    for value, what in ((channels, f"the {channels} input channels"), (out_channels, "out_channels")):
        if value % groups:
            fitting = [g for g in range(1, channels + 1) if channels % g == 0 and out_channels % g == 0]
            best = min(fitting, key=lambda g: abs(g - groups))
            raise ShapeError(
                f"groups {groups} does not divide {what} ({value} / {groups} leaves {value % groups})",
                f"use groups = {best}", field="groups", code="NS206",
            )  # fmt: skip


def samples_together(pixels: int, samples: int) -> int:
    """How many samples share a block, so that few tiles are partly filled: a divisor of `samples`."""
    fitting = [count for count in range(1, samples + 1) if samples % count == 0 and count * pixels >= 8 * TALL[1]]
    return min(fitting, default=samples)


def grid(slow: Offsets, fast: Offsets) -> Offsets:
    """All sums of an element of each, the second running faster."""
    return (slow[:, None] + fast[None, :]).reshape(-1).astype(np.int64)


def _shifts(axis: Axis, phase: int) -> list[tuple[int, int]]:
    """(tap r, shift) with output = i + shift for the input pixel phase + i·stride: those taps that meet whole outputs."""
    reach = ((r, phase + axis.before - r * axis.dilation) for r in range(axis.kernel))
    return [(r, distance // axis.stride) for r, distance in reach if distance % axis.stride == 0]


def _gradient_margin(axis: Axis) -> tuple[int, int]:
    before, end = 0, axis.output
    for phase in range(min(axis.stride, axis.size)):
        count = len(range(phase, axis.size, axis.stride))
        for _, shift in _shifts(axis, phase):
            before, end = max(before, -shift), max(end, count + shift)
    return before, before + end
