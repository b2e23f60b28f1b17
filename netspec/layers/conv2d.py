"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.calls import Ref
from netspec.kernels.contract import Block, Contraction
from netspec.layers.base import Family, Io, Layer, Note, Parameter, Shape, ShapeError
from netspec.layers.contraction_calls import (
    call_bias_gradient,
    call_contraction,
    call_margins,
    call_summed,
    call_transposed,
    segment_bounds,
)
from netspec.windows import Axis, Padding, Rounding, Size2, dropped_notes, resolve

SMALL_GRADIENT = 16_384
"""Weights of which each shard may sum its own gradient: the sums of all shards are a megabyte."""

Offsets = NDArray[np.int64]


class Conv2d(Layer):
    """2-D cross-correlation.

    y[n,o,i,j] = b[o] + Σ_{c,r,s} x[n, c, i·S+r·D−P, j·S+s·D−P] · w[o,c,r,s], the sum over the o's group of channels
    x: (N, C, H, W) → y: (N, O, H', W'),  H' = floor((H − D(K−1) − 1 + P_top + P_bottom)/S) + 1
    w: (O, C/groups, K, K), b: (O).
    dx: correlation of dy with w turned round;  dw: correlation of x with dy;  db: Σ dy over n, i, j.
    Raises ShapeError when the window exceeds the padded input or groups do not divide the channels.
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, §2.4 and §4.
    """

    family: ClassVar[Family] = "convolution"
    aliases: ClassVar[tuple[str, ...]] = ("conv", "convolution", "Conv2D", "Convolution", "convolution2dLayer")
    type: Literal["conv2d"] = "conv2d"
    out_channels: int = Field(ge=1, le=65_536)
    """Number of filters."""
    kernel_size: Size2
    """Height and width of the window: 3 or [3, 5]."""
    stride: Size2 = 1
    """Step of the window."""
    padding: Padding = 0
    """Zeros around the input: 1, [1, 2], {top = 0, bottom = 1, left = 0, right = 1}, "same", "same_lower" or "valid"."""
    dilation: Size2 = 1
    """Distance of the window's taps."""
    groups: int = Field(default=1, ge=1)
    """Groups of channels that do not see each other; equal to the input channels: depthwise."""
    bias: bool = True
    """Add a learned number to each output channel."""
    rounding: Rounding = "floor"
    """What becomes of a last window that does not fit."""
    weight_init: InitializerField = Field(default="fan_in_uniform", validate_default=True)
    """Initial weights; fan_in_uniform is PyTorch's default, U(−1/√fan_in, 1/√fan_in)."""
    bias_init: InitializerField = Field(default="fan_in_uniform", validate_default=True)
    """Initial bias."""

    def axes(self, shape: Shape) -> tuple[Axis, Axis]:
        """How the windows lie over an input of this shape."""
        return resolve(
            shape, kernel_size=self.kernel_size, stride=self.stride, padding=self.padding, dilation=self.dilation,
            rounding=self.rounding,
        )  # fmt: skip

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width = self.axes(inputs[0])
        channels = inputs[0][0]
        for value, what in ((channels, f"the {channels} input channels"), (self.out_channels, "out_channels")):
            if value % self.groups:
                fitting = [g for g in range(1, channels + 1) if channels % g == 0 and self.out_channels % g == 0]
                best = min(fitting, key=lambda g: abs(g - self.groups))
                raise ShapeError(
                    f"groups {self.groups} does not divide {what} ({value} / {self.groups} leaves {value % self.groups})",
                    f"use groups = {best}", field="groups", code="NS206",
                )  # fmt: skip
        return self.out_channels, height.output, width.output

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        return dropped_notes(self.axes(inputs[0]))

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        geometry = self._geometry(inputs[0])
        g, o, c, kh, kw = geometry.groups, geometry.group_out, geometry.group_in, *geometry.kernel
        fans = (c * kh * kw, o * kh * kw)
        shape = (self.out_channels, c, kh, kw)
        weight = Parameter("weight", shape, self.weight_init, (g, o, c, kh, kw), (0, 3, 4, 2, 1), fans=fans)
        bias = Parameter("bias", (self.out_channels,), self.bias_init, decays=False, fans=fans)
        return [weight, bias] if self.bias else [weight]

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int:
        geometry = self._geometry(inputs[0])
        return int(np.prod(output)) * geometry.group_in * geometry.kernel[0] * geometry.kernel[1]

    def forward(self, io: Io) -> None:
        geometry = self._geometry(io.x_shapes[0])
        x, w, b = geometry.padded_input(io), io.parameters["weight"], io.parameters.get("bias")
        call_contraction(io, geometry.forward(io.n), x, w, io.y, b, by_sample=True)

    def backward(self, io: Io) -> None:
        geometry = self._geometry(io.x_shapes[0])
        dw, db = io.gradients["weight"], io.gradients.get("bias")
        if db is not None:
            call_bias_gradient(io, io.dy, db, io.n * geometry.pixels, self.out_channels)
        if dw is not None:
            segments = geometry.weight_segments(io.n, io.shards)
            form = geometry.weight_gradient(io.n, segments)
            call_summed(io, form, segments, dw.size, geometry.padded_input(io), io.dy, dw)
        if io.dx[0] is not None:
            self._input_gradient(io, geometry, io.dx[0])

    def _input_gradient(self, io: Io, geometry: Geometry, dx: Ref) -> None:
        taps = geometry.groups * geometry.kernel[0] * geometry.kernel[1]
        w = call_transposed(io, io.parameters["weight"], taps, geometry.group_in, geometry.group_out)
        (top, height), (left, width) = geometry.gradient_margins()
        dy = call_margins(io, io.dy, io.y_shape, top, left, height, width)
        for form in geometry.input_gradients(io.n):
            call_contraction(io, form, dy, w, dx, by_sample=True)

    def _geometry(self, shape: Shape) -> Geometry:
        height, width = self.axes(shape)
        return Geometry(shape[0], self.out_channels, self.groups, height, width)


@dataclass(frozen=True)
class Geometry:
    """The offset tables of one convolution. Stored weights are (groups, K, K, C/groups, O/groups)."""

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
    def pixels(self) -> int:
        """Output pixels of one sample."""
        return self.height.output * self.width.output

    @property
    def group_weights(self) -> int:
        return self.kernel[0] * self.kernel[1] * self.group_in * self.group_out

    def padded_size(self) -> tuple[int, int]:
        """Height and width of the input with margins, as far as windows reach."""
        return tuple(axis.padded + axis.overhang for axis in (self.height, self.width))  # type: ignore[return-value]

    def padded_input(self, io: Io) -> Ref:
        """The input with its margins."""
        shape = (self.channels, self.height.size, self.width.size)
        return call_margins(io, io.x[0], shape, self.height.before, self.width.before, *self.padded_size())

    def forward(self, n: int) -> Contraction:
        """y from the padded x and w: rows are output pixels, taps the window's, the inner sum runs over channels."""
        h, w, (_, wide) = self.height, self.width, self.padded_size()
        line = wide * self.channels
        a_rows = _grid(np.arange(h.output) * h.stride * line, np.arange(w.output) * w.stride * self.channels)
        a_taps, b_taps, inner = self._window_taps(line)
        c, o = self.group_in, self.group_out
        sample, output = self.padded_size()[0] * line, self.pixels * self.out_channels
        blocks = [
            Block(i * sample + g * c, g * self.group_weights, i * output + g * o, self.pixels, bias=g * o)
            for i in range(n) for g in range(self.groups)
        ]  # fmt: skip
        c_rows = np.arange(self.pixels) * self.out_channels
        return Contraction(a_rows, c_rows, a_taps, b_taps, inner, 1, self.group_out, self.group_out, blocks)

    def _window_taps(self, line: int) -> tuple[Offsets, Offsets, int]:
        """Offsets of the window's taps in x and in w, and the length of the inner sum."""
        h, w = self.height, self.width
        if self.groups == 1 and w.dilation == 1:  # a row of the window is contiguous: (kw, c) in one inner sum
            inner = w.kernel * self.channels
            rows = np.arange(h.kernel)
            return rows * h.dilation * line, rows * inner * self.out_channels, inner
        a_taps = _grid(np.arange(h.kernel) * h.dilation * line, np.arange(w.kernel) * w.dilation * self.channels)
        return a_taps, np.arange(h.kernel * w.kernel) * self.group_in * self.group_out, self.group_in

    def weight_segments(self, n: int, shards: int) -> int:
        """Into how many partial sums the weight gradient is cut, when it has too few elements to share out."""
        jobs = self.groups * -(-self.group_weights // (14 * 32))
        if shards and self.groups * self.group_weights <= SMALL_GRADIENT:
            return shards
        return max(1, min(16, 32 // jobs, n * self.height.output))

    def weight_gradient(self, n: int, segments: int) -> Contraction:
        """dw from the padded x and dy: rows are weights of one filter, taps output rows, the inner sum their pixels."""
        h, w, (high, wide) = self.height, self.width, self.padded_size()
        line = wide * self.channels
        window = _grid(np.arange(h.kernel) * h.dilation * line, np.arange(w.kernel) * w.dilation * self.channels)
        a_rows = _grid(window, np.arange(self.group_in))
        a_taps = _grid(np.arange(n) * high * line, np.arange(h.output) * h.stride * line)
        b_taps = np.arange(n * h.output) * w.output * self.out_channels
        total = self.groups * self.group_weights
        blocks = [
            Block(g * self.group_in, g * self.group_out, s * total + g * self.group_weights, len(a_rows), taps=taps)
            for s, taps in enumerate(segment_bounds(len(a_taps), segments)) for g in range(self.groups)
        ]  # fmt: skip
        c_rows = np.arange(len(a_rows)) * self.group_out
        return Contraction(
            a_rows, c_rows, a_taps, b_taps, w.output, w.stride * self.channels, self.out_channels, self.group_out, blocks
        )

    def gradient_margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """(margin before, size with margins) of dy, for height and width, so that every tap of dx stays inside."""
        return _gradient_margin(self.height), _gradient_margin(self.width)

    def input_gradients(self, n: int) -> list[Contraction]:
        """dx from dy with margins and w transposed: one contraction for each phase of the stride."""
        phases = [(p, q) for p in range(self.height.stride) for q in range(self.width.stride)]
        forms = [self._phase_gradient(n, p, q) for p, q in phases if p < self.height.size and q < self.width.size]
        return [form for form in forms if form.blocks[0].rows > 0]

    def _phase_gradient(self, n: int, p: int, q: int) -> Contraction:
        """dx at the input pixels (p + i·S, q + j·S): each tap that can reach them reads dy at a fixed shift."""
        h, w = self.height, self.width
        (top, high), (left, wide) = self.gradient_margins()
        line = wide * self.out_channels
        rows, columns = len(range(p, h.size, h.stride)), len(range(q, w.size, w.stride))
        a_rows = _grid((np.arange(rows) + top) * line, (np.arange(columns) + left) * self.out_channels)
        c_rows = _grid((np.arange(rows) * h.stride + p) * w.size, np.arange(columns) * w.stride + q) * self.channels
        taps = [
            (i * line + j * self.out_channels, (r * w.kernel + s) * self.group_in * self.group_out)
            for r, i in _shifts(h, p) for s, j in _shifts(w, q)
        ]  # fmt: skip
        a_taps, b_taps = (np.array([tap[k] for tap in taps], dtype=np.int64) for k in (0, 1))
        sample = h.size * w.size * self.channels
        blocks = [
            Block(i * high * line + g * self.group_out, g * self.group_weights, i * sample + g * self.group_in, len(a_rows))
            for i in range(n) for g in range(self.groups)
        ]  # fmt: skip
        return Contraction(a_rows, c_rows, a_taps, b_taps, self.group_out, 1, self.group_in, self.group_in, blocks)


def _grid(slow: Offsets, fast: Offsets) -> Offsets:
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
