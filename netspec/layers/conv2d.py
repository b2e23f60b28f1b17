"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.calls import Ref
from netspec.layers.base import Family, Io, Layer, Move, Note, Parameter, Shape, ShapeError
from netspec.layers.contraction_calls import call_bias_gradient
from netspec.layers.convolution import Geometry, check_groups
from netspec.layers.depthwise_calls import (
    call_depthwise_forward,
    call_depthwise_input_gradient,
    call_depthwise_weight_gradient,
)
from netspec.layers.direct_calls import call_direct_forward, call_direct_input_gradient, call_direct_weight_gradient
from netspec.layers.winograd_calls import (
    call_winograd_forward,
    call_winograd_input_gradient,
    call_winograd_weight_gradient,
)
from netspec.layers.winograd_tiling import can_be_winograd, winograd_pays, winograd_pays_for_weights
from netspec.problems import spell
from netspec.windows import Axis, Padding, Rounding, Size2, dropped_notes, resolve


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
        check_groups(inputs[0][0], self.out_channels, self.groups)
        if self.algorithm == "winograd" and not can_be_winograd(self._geometry(inputs[0])):
            raise ShapeError(
                "winograd computes convolutions with kernel_size 3, stride 1, dilation 1 and groups 1, not "
                f"kernel_size {spell(self.kernel_size)}, stride {spell(self.stride)}, dilation {spell(self.dilation)}, "
                f"groups {self.groups}", 'use algorithm = "auto"', field="algorithm", code="NS210",
            )  # fmt: skip
        return self.out_channels, height.output, width.output

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        height, width = self.axes(inputs[0])
        return height.move, width.move

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
        if self._is_winograd(io, geometry, winograd_pays):
            call_winograd_forward(io, geometry)
        elif geometry.is_depthwise:
            call_depthwise_forward(io, geometry)
        else:
            call_direct_forward(io, geometry)

    def backward(self, io: Io) -> None:
        geometry = self._geometry(io.x_shapes[0])
        dw, db, dx = io.gradients["weight"], io.gradients.get("bias"), io.dx[0]
        if db is not None:
            call_bias_gradient(io, io.dy, db, io.n * geometry.pixels, self.out_channels)
        if dw is not None:
            self._weight_gradient(io, geometry, dw)
        if dx is not None:
            self._input_gradient(io, geometry, dx)

    def _weight_gradient(self, io: Io, geometry: Geometry, dw: Ref) -> None:
        if self._is_winograd(io, geometry, winograd_pays_for_weights):
            call_winograd_weight_gradient(io, geometry, dw)
        elif geometry.is_depthwise:
            call_depthwise_weight_gradient(io, geometry, dw)
        else:
            call_direct_weight_gradient(io, geometry, dw)

    def _input_gradient(self, io: Io, geometry: Geometry, dx: Ref) -> None:
        if self._is_winograd(io, geometry, winograd_pays):
            call_winograd_input_gradient(io, geometry, dx)
        elif geometry.is_depthwise:
            call_depthwise_input_gradient(io, geometry, dx)
        else:
            call_direct_input_gradient(io, geometry, dx)

    def _is_winograd(self, io: Io, geometry: Geometry, pays: Callable[[Geometry, int, int], bool]) -> bool:
        if self.algorithm == "auto":
            return io.chosen_for > 0 and pays(geometry, io.chosen_for, io.itemsize)
        return self.algorithm == "winograd"

    def _geometry(self, shape: Shape) -> Geometry:
        height, width = self.axes(shape)
        return Geometry(shape[0], self.out_channels, self.groups, height, width)
