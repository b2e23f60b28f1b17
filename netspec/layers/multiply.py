"""Product of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from netspec.kernels.calls import Ref
from netspec.kernels.combine import multiply_by, multiply_pair, scale_channels, sum_of_products
from netspec.layers.base import Family, Io, Layer, Shape, ShapeError
from netspec.layers.merging import check_equal_shapes, describe_input


class Multiply(Layer):
    """Product of two or more inputs of one shape, or of a picture and one factor for each of its channels.

    y = x₁ · x₂ · … in this order;  dxₖ = dy · Π_{j≠k} xⱼ
    x: any shape, all the same → y: the same; or x₁: (N, C, H, W), x₂: (N, C) or (N, C, 1, 1) → y: (N, C, H, W), with
    y[n,c,h,w] = x₁[n,c,h,w] · x₂[n,c] and dx₂[n,c] = Σ_{h,w} dy · x₁.
    Raises ShapeError for other shapes.  Source: Hu, Shen & Sun 2018, CVPR, arXiv:1709.01507 (squeeze and excitation).
    """

    family: ClassVar[Family] = "merge"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    aliases: ClassVar[tuple[str, ...]] = ("mul", "product", "times", "multiplicationLayer", "scale")
    type: Literal["multiply"] = "multiply"

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        if not _is_per_channel(inputs):
            if len(inputs) == 2 and _is_per_channel(inputs[::-1]):
                raise ShapeError(
                    f"{describe_input(self, 0, inputs[0])} and {describe_input(self, 1, inputs[1])}: "
                    "the factors of the channels come first",
                    "swap the inputs: the picture, then the factors", field="inputs", code="NS202",
                )  # fmt: skip
            check_equal_shapes(self, inputs, "give all inputs one shape, or a [C, H, W] and then a [C] or [C, 1, 1]")
        return inputs[0]

    def forward(self, io: Io) -> None:
        if _is_per_channel(io.x_shapes):
            self._scale(io, io.x[0], io.y)
            return
        _product(io, io.x[0], io.x[1:], io.y)

    def backward(self, io: Io) -> None:
        if _is_per_channel(io.x_shapes):
            self._backward_per_channel(io)
            return
        for k, dx in enumerate(io.dx):
            if dx is not None:
                _product(io, io.dy, [x for j, x in enumerate(io.x) if j != k], dx)

    def _scale(self, io: Io, x: Ref, y: Ref) -> None:
        channels, height, width = io.x_shapes[0]
        pixels = height * width
        chunks = io.chunks(io.n * pixels, channels)
        io.call(scale_channels, chunks=chunks, x=x, scale=io.x[1], y=y, n=io.n, pixels=pixels, channels=channels)

    def _backward_per_channel(self, io: Io) -> None:
        channels, height, width = io.x_shapes[0]
        dx, d_scale = io.dx
        if dx is not None:
            self._scale(io, io.dy, dx)
        if d_scale is not None:
            chunks = io.chunks(io.n, height * width * channels)
            io.call(
                sum_of_products, chunks=chunks, a=io.dy, b=io.x[0], y=d_scale, n=io.n, rows=height, columns=width,
                channels=channels,
            )  # fmt: skip


def _is_per_channel(inputs: Sequence[Shape]) -> bool:
    """Whether the second input holds one factor for each channel of the first."""
    if len(inputs) != 2 or len(inputs[0]) != 3 or inputs[0] == inputs[1]:
        return False
    channels = inputs[0][0]
    return inputs[1] in ((channels,), (channels, 1, 1))


def _product(io: Io, first: Ref, others: Sequence[Ref], y: Ref) -> None:
    """y = first · others[0] · …"""
    n = y.size
    chunks = io.chunks(n, 1)
    io.call(multiply_pair, chunks=chunks, a=first, b=others[0], y=y, n=n)
    for x in others[1:]:
        io.call(multiply_by, chunks=chunks, x=x, y=y, n=n)
