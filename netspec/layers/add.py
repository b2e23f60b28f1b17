"""Sum of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from netspec.kernels.combine import add_pair, add_to, copy_elements
from netspec.layers.base import Family, Io, Layer, Shape
from netspec.layers.merging import check_equal_shapes


class Add(Layer):
    """Sum of two or more inputs of one shape: the end of a residual block.

    y = x₁ + x₂ + … in this order;  each dx = dy
    x: any shape, all the same → y: the same.  Raises ShapeError when the shapes differ: nothing is broadcast.
    Source: He, Zhang, Ren & Sun 2016, CVPR, arXiv:1512.03385, §3.2.
    """

    family: ClassVar[Family] = "merge"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    aliases: ClassVar[tuple[str, ...]] = ("sum", "plus", "Eltwise", "additionLayer", "residual")
    type: Literal["add"] = "add"

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_equal_shapes(self, inputs, "give all inputs one shape, for example by a 1×1 conv2d with the same stride")
        return inputs[0]

    def forward(self, io: Io) -> None:
        n = io.y.size
        chunks = io.chunks(n, 1, by_sample=True)
        io.call(add_pair, chunks=chunks, a=io.x[0], b=io.x[1], y=io.y, n=n)
        for x in io.x[2:]:
            io.call(add_to, chunks=chunks, x=x, y=io.y, n=n)

    def backward(self, io: Io) -> None:
        n = io.y.size
        for dx in io.dx:
            if dx is not None:
                io.call(copy_elements, chunks=io.chunks(n, 1, by_sample=True), x=io.dy, y=dx, n=n)
