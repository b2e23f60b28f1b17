"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.abi import In, Out, cast, kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.columns import tile
from netspec.kernels.lanes import lanes, load, plus, store
from netspec.kernels.pixel_groups import gather_weights, spread_weights
from netspec.layers.base import Family, Io, Layer, Note, Parameter, Shape, ShapeError
from netspec.layers.contraction_calls import (
    call_bias_gradient,
    call_contraction,
    call_margins,
    call_summed,
    call_transposed,
)
from netspec.layers.convolution import Geometry
from netspec.layers.winograd_calls import (
    call_winograd_forward,
    call_winograd_input_gradient,
    call_winograd_weight_gradient,
    can_be_winograd,
    winograd_pays,
)
from netspec.problems import spell
from netspec.windows import Axis, Padding, Rounding, Size2, dropped_notes, resolve


@kernel
def add_rows(
    chunk: int, chunks: int, parts: In, dx: Out, rows: int, windows: int, span_size: int, row_size: int, step: int,
    before: int,
) -> None:  # fmt: skip
    """dx (rows, row_size) = each row's parts (windows, span_size), added where the windows lie: `step` apart, from −before."""
    first, last = span(chunk, chunks, rows)
    for row in range(first, last):
        dx[row * row_size : (row + 1) * row_size] = cast(dx, 0)
        for window in range(windows):
            start = window * step - before
            low, high = max(0, -start), min(span_size, row_size - start)
            source, target = (row * windows + window) * span_size, row * row_size + start
            for k in range(low, high, lanes(dx)):
                rest = high - k
                store(dx, target + k, plus(load(dx, target + k, rest), load(parts, source + k, rest)), rest)


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
    algorithm: Literal["auto", "direct", "winograd"] = "auto"
    """How it is computed: "winograd" (3×3, stride 1) needs fewer operations and rounds more; "auto" takes the faster one."""
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
        if self.algorithm == "winograd" and not can_be_winograd(self._geometry(inputs[0])):
            raise ShapeError(
                "winograd computes convolutions with kernel_size 3, stride 1, dilation 1 and groups 1, not "
                f"kernel_size {spell(self.kernel_size)}, stride {spell(self.stride)}, dilation {spell(self.dilation)}, "
                f"groups {self.groups}", 'use algorithm = "auto"', field="algorithm", code="NS210",
            )  # fmt: skip
        return self.out_channels, height.output, width.output

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        return dropped_notes(self.axes(inputs[0]))

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        geometry = self._geometry(inputs[0])
        g, o, c, kh, kw = geometry.groups, geometry.group_out, geometry.group_in, *geometry.kernel
        fans = (c * kh * kw, o * kh * kw)
        shape = (self.out_channels, c, kh, kw)
        view, matrix = (g, o, c, kh, kw), (kh * kw * c, o)
        weight = Parameter("weight", shape, self.weight_init, view, (0, 3, 4, 2, 1), fans=fans, matrix=matrix)
        bias = Parameter("bias", (self.out_channels,), self.bias_init, decays=False, fans=fans)
        return [weight, bias] if self.bias else [weight]

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int:
        geometry = self._geometry(inputs[0])
        return int(np.prod(output)) * geometry.group_in * geometry.kernel[0] * geometry.kernel[1]

    def forward(self, io: Io) -> None:
        geometry = self._geometry(io.x_shapes[0])
        if self._is_winograd(io, geometry):
            call_winograd_forward(io, geometry)
            return
        pixels = geometry.group_of_pixels(io.itemsize)
        if pixels > 1:
            self._group_forward(io, geometry, pixels)
            return
        x, w, b = self._padded_input(io, geometry), io.parameters["weight"], io.parameters.get("bias")
        call_contraction(io, geometry.forward(io.n, io.shards), x, w, io.y, b, "direct", by_sample=True)

    def backward(self, io: Io) -> None:
        geometry = self._geometry(io.x_shapes[0])
        dw, db = io.gradients["weight"], io.gradients.get("bias")
        if db is not None:
            call_bias_gradient(io, io.dy, db, io.n * geometry.pixels, self.out_channels)
        if dw is not None and self._is_winograd(io, geometry):
            call_winograd_weight_gradient(io, geometry, dw)
        elif dw is not None and (pixels := geometry.group_of_pixels(io.itemsize)) > 1:
            self._group_weight_gradient(io, geometry, pixels, dw)
        elif dw is not None:
            form, segments = geometry.weight_gradient(io.n, io.itemsize, io.shards)
            call_summed(io, form, segments, self._padded_input(io, geometry), io.dy, dw, "direct")
        if io.dx[0] is not None:
            self._input_gradient(io, geometry, io.dx[0])

    def _group_forward(self, io: Io, geometry: Geometry, pixels: int) -> None:
        """For few output channels: several pixels fill a vector."""
        sizes = self._group_sizes(geometry, pixels)
        w = io.workspace("wide_weight", geometry.kernel[0] * geometry.group_length(pixels) * pixels * self.out_channels)
        io.call(spread_weights, w=io.parameters["weight"], wide=w, **sizes)
        bias = None
        if "bias" in io.parameters:
            bias = io.workspace("wide_bias", pixels * self.out_channels)
            io.call(tile, x=io.parameters["bias"], y=bias)
        form = geometry.group_forward(io.n, pixels, io.shards)
        call_contraction(io, form, self._padded_input(io, geometry), w, io.y, bias, "direct", by_sample=True)

    def _group_weight_gradient(self, io: Io, geometry: Geometry, pixels: int, dw: Ref) -> None:
        parts = io.shards or min(16, io.n * geometry.height.output)
        form = geometry.group_weight_gradient(io.n, pixels, parts)
        wide = io.workspace("wide_partials", parts * len(form.a_rows) * form.columns)
        x = self._padded_input(io, geometry)
        call_contraction(io, form, x, io.dy, wide, algorithm="direct", by_sample=parts == io.shards)
        io.call(gather_weights, wide=wide, dw=dw, parts=parts, **self._group_sizes(geometry, pixels))

    def _group_sizes(self, geometry: Geometry, pixels: int) -> dict[str, int]:
        reach, step = geometry.width.kernel * geometry.channels, geometry.width.stride * geometry.channels
        return {
            "lines": geometry.kernel[0], "reach": reach, "step": step, "outputs": self.out_channels, "pixels": pixels
        }  # fmt: skip

    def _padded_input(self, io: Io, geometry: Geometry) -> Ref:
        height, width = geometry.height, geometry.width
        return call_margins(io, io.x[0], io.x_shapes[0], height.before, width.before, *geometry.padded_size())

    def _is_winograd(self, io: Io, geometry: Geometry) -> bool:
        if self.algorithm == "auto":
            # In a sharded network a small convolution stays in its shard instead of waiting for the whole batch.
            return not io.shards and winograd_pays(geometry, io.n, io.itemsize)
        return self.algorithm == "winograd"

    def _input_gradient(self, io: Io, geometry: Geometry, dx: Ref) -> None:
        if self._is_winograd(io, geometry):
            call_winograd_input_gradient(io, geometry, dx)
            return
        if geometry.prefers_rows(io.itemsize):
            self._row_gradient(io, geometry, dx)
            return
        w = call_transposed(
            io, io.parameters["weight"], geometry.groups, geometry.window, geometry.group_in, geometry.group_out
        )
        (top, height), (left, width) = geometry.gradient_margins()
        dy = call_margins(io, io.dy, io.y_shape, top, left, height, width)
        for form in geometry.input_gradients(io.n, io.shards):
            call_contraction(io, form, dy, w, dx, algorithm="direct", by_sample=True)

    def _row_gradient(self, io: Io, geometry: Geometry, dx: Ref) -> None:
        """For few channels: each output pixel's part of a row of dx, (kernel column, channel) in one vector, then added."""
        (kh, kw), width = geometry.kernel, geometry.width
        span_size = kw * geometry.channels
        w = call_transposed(io, io.parameters["weight"], 1, kh, span_size, self.out_channels)
        top, high = geometry.gradient_margins()[0]
        dy = call_margins(io, io.dy, io.y_shape, top, 0, high, width.output)
        rows = io.n * geometry.height.size
        parts = io.workspace("row_parts", rows * width.output * span_size)
        for form in geometry.row_gradients(io.n):
            call_contraction(io, form, dy, w, parts, algorithm="direct", by_sample=True)
        io.call(
            add_rows, chunks=io.chunks(rows, width.output * span_size / 8, by_sample=True), parts=parts, dx=dx, rows=rows,
            windows=width.output, span_size=span_size, row_size=width.size * geometry.channels,
            step=width.stride * geometry.channels, before=width.before * geometry.channels,
        )  # fmt: skip

    def _geometry(self, shape: Shape) -> Geometry:
        height, width = self.axes(shape)
        return Geometry(shape[0], self.out_channels, self.groups, height, width)
