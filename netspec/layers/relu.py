"""Rectified linear unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from netspec.kernels.abi import In, Out, cast, kernel, span
from netspec.layers.base import Family, Io, Layer, Shape


@kernel
def relu_forward(chunk: int, chunks: int, x: In, y: Out, n: int) -> None:
    first, last = span(chunk, chunks, n)
    for i in range(first, last):
        y[i] = cast(x, 0) if x[i] < 0 else x[i]  # keeps NaN, so that it is found


@kernel
def relu_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out, n: int) -> None:
    first, last = span(chunk, chunks, n)
    for i in range(first, last):
        dx[i] = dy[i] if y[i] > 0 else cast(dy, 0)


class ReLU(Layer):
    """Rectified linear unit.

    y = max(0, x);  dx = dy where y > 0, else 0 (0 at the kink, as PyTorch).
    x: any shape → y: the same.  Source: Nair & Hinton 2010, ICML.
    """

    family: ClassVar[Family] = "activation"
    type: Literal["relu"] = "relu"

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def forward(self, io: Io) -> None:
        io.call(relu_forward, chunks=io.chunks(io.y.size, 1), x=io.x[0], y=io.y, n=io.y.size)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            io.call(relu_backward, chunks=io.chunks(io.y.size, 1), y=io.y, dy=io.dy, dx=io.dx[0], n=io.y.size)
