"""Hyperbolic tangent."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part, tanh
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def tanh_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = tanh(x[i])


@in_place_kernel(("dy", "dx"))
def tanh_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i] * (cast(y, 1) - y[i] * y[i])


class Tanh(Elementwise):
    """Hyperbolic tangent.

    y = (e²ˣ − 1) / (e²ˣ + 1);  dx = dy (1 − y²).
    x: any shape → y: the same.
    """

    type: Literal["tanh"] = "tanh"
    forward_kernel: ClassVar[Kernel] = tanh_forward
    backward_kernel: ClassVar[Kernel] = tanh_backward
    cost: ClassVar[float] = 8.0

    def ends(self) -> tuple[float | None, float | None]:
        return -1.0, 1.0
