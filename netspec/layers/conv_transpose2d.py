"""Transposed two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

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
from netspec.layers.turned import Turned, turned_backward, turned_forward
from netspec.window_fields import Counts, Margins, Size2, margin_sides
from netspec.windows import Axis, check_picture, pair


class ConvTranspose2d(Layer):
    """Transposed 2-D convolution: what a convolution's backward pass does to its output, with weights that are learned.

    y[n,o,u,v] = b[o] + Σ x[n,c,i,j] · w[c,o,r,s] over u = i·S + r·D − P, v = j·S + s·D − P, c in o's group of channels
    x: (N, C, H, W) → y: (N, O, H', W'),  H' = (H − 1)·S − P_top − P_bottom + D(K − 1) + output_padding + 1
    w: (C, O/groups, K, K), b: (O).
    dx: convolution of dy with w;  dw: correlation of dy with x;  db: Σ dy over n, u, v.
    Raises ShapeError when groups do not divide the channels, the padding takes all pixels away, or output_padding reaches
    both the stride and the dilation.
    Source: Zeiler et al. 2010, CVPR (deconvolutional networks); Dumoulin & Visin 2016, arXiv:1603.07285, §4.
    """

    family: ClassVar[Family] = "convolution"
    aliases: ClassVar[tuple[str, ...]] = (
        "ConvTranspose2d", "Conv2DTranspose", "conv2d_transpose", "deconv", "deconv2d", "deconvolution", "Deconvolution",
        "ConvTranspose", "transposedConv2dLayer", "transposed_conv2d", "up_conv",
    )  # fmt: skip
    type: Literal["conv_transpose2d"] = "conv_transpose2d"
    out_channels: int = Field(ge=1, le=65_536)
    """Number of output channels."""
    kernel_size: Size2
    """Height and width of the window: 2 or [2, 4]."""
    stride: Size2 = 1
    """Pixels of the output from one window to the next: how many times as large it gets, about."""
    padding: Margins = 0
    """Pixels taken away from the sides of the output: 1, [1, 2] or {top = 0, bottom = 1, left = 0, right = 1}."""
    output_padding: Counts = 0
    """Rows and columns added at the bottom and on the right, for an even size after a stride; less than stride or dilation."""
    dilation: Size2 = 1
    """Distance of the window's taps."""
    groups: int = Field(default=1, ge=1)
    """Groups of channels that do not see each other; equal to the input channels: depthwise."""
    bias: bool = True
    """Add a learned number to each output channel."""
    weight_init: InitializerField = Field(default="fan_in_uniform", validate_default=True)
    """Initial weights; fan_in_uniform is PyTorch's default, "bilinear" enlarges each channel smoothly."""
    bias_init: InitializerField = Field(default="fan_in_uniform", validate_default=True)
    """Initial bias."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_picture(inputs[0])
        check_groups(inputs[0][0], self.out_channels, self.groups)
        height, width = self._axis(inputs[0], 0), self._axis(inputs[0], 1)
        return self.out_channels, height.size, width.size

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        geometry = self._geometry(inputs[0])
        g, c, o, kh, kw = geometry.groups, geometry.group_out, geometry.group_in, *geometry.kernel
        fans = (o * kh * kw, geometry.out_channels * kh * kw)  # PyTorch's, who reads (C, O/groups, K, K) as (O, I, K, K)
        view, matrix = (g, c, o, kh, kw), (kh * kw * o, c)
        shape = (geometry.out_channels, o, kh, kw)
        weight = Parameter("weight", shape, self.weight_init, view, (0, 3, 4, 2, 1), fans=fans, matrix=matrix)
        bias = Parameter("bias", (self.out_channels,), self.bias_init, decays=False, fans=fans)
        return [weight, bias] if self.bias else [weight]

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        height, width = self.turned_axes(inputs[0])
        return height.turned_move, width.turned_move

    def turned_axes(self, shape: Shape) -> tuple[Axis, Axis]:
        """How the windows of the convolution that this layer turns round lie over this layer's output."""
        return self._axis(shape, 0), self._axis(shape, 1)

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        missing = [axis.name for axis in (self._axis(inputs[0], 0), self._axis(inputs[0], 1)) if axis.stride > axis.span]
        if not missing:
            return []
        message = f"stride exceeds the window's {' and '.join(missing)}: pixels between the windows hold only the bias"
        return [Note("NS901", message, "use kernel_size ≥ stride", "kernel_size")]

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int:
        geometry = self._geometry(inputs[0])
        return geometry.pixels * geometry.window * geometry.out_channels * geometry.group_in

    def forward(self, io: Io) -> None:
        geometry, turned, bias = self._geometry(io.x_shapes[0]), turned_forward(io), io.parameters.get("bias")
        if geometry.is_depthwise:
            call_depthwise_input_gradient(turned, geometry, io.y, bias)
        else:
            call_direct_input_gradient(turned, geometry, io.y, bias)

    def backward(self, io: Io) -> None:
        geometry = self._geometry(io.x_shapes[0])
        dw, db, dx = io.gradients["weight"], io.gradients.get("bias"), io.dx[0]
        if db is not None:
            call_bias_gradient(io, io.dy, db, io.n * geometry.height.size * geometry.width.size, self.out_channels)
        if dw is None and dx is None:
            return
        turned, inside = turned_backward(io, geometry, dx)
        if dw is not None:
            self._weight_gradient(turned, inside, dw)
        if dx is not None:
            self._input_gradient(turned, inside)

    def _weight_gradient(self, turned: Turned, geometry: Geometry, dw: Ref) -> None:
        if geometry.is_depthwise:
            call_depthwise_weight_gradient(turned, geometry, dw)
        else:
            call_direct_weight_gradient(turned, geometry, dw)

    def _input_gradient(self, turned: Turned, geometry: Geometry) -> None:
        if geometry.is_depthwise:
            call_depthwise_forward(turned, geometry)
        else:
            call_direct_forward(turned, geometry)

    def _geometry(self, shape: Shape) -> Geometry:
        """The convolution that this layer turns round: from its output to its input."""
        return Geometry(self.out_channels, shape[0], self.groups, self._axis(shape, 0), self._axis(shape, 1))

    def _axis(self, shape: Shape, i: int) -> Axis:
        """How that convolution's windows lie along the height (0) or the width (1)."""
        name = ("height", "width")[i]
        kernel, stride, dilation = pair(self.kernel_size)[i], pair(self.stride)[i], pair(self.dilation)[i]
        extra = pair(self.output_padding)[i]
        before, after = margin_sides(self.padding)[i]
        if extra >= max(stride, dilation):
            raise ShapeError(
                f"output_padding {extra} is not less than the {name}'s stride {stride} or dilation {dilation}",
                f"use output_padding ≤ {max(stride, dilation) - 1}, or a `pad` layer behind this one",
                field="output_padding", code="NS203",
            )  # fmt: skip
        whole = (shape[1 + i] - 1) * stride + dilation * (kernel - 1) + extra + 1
        if whole <= before + after:
            raise ShapeError(
                f"padding takes {before} + {after} pixels from an output {name} of {whole} and leaves none",
                f"use less padding: at most {whole - 1} in all", field="padding", code="NS203",
            )  # fmt: skip
        size = whole - before - after
        return Axis(name, size, kernel, stride, dilation, before, after, "floor", shape[1 + i])  # type: ignore[arg-type]
