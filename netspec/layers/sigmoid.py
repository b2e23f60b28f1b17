"""Logistic sigmoid."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part, sigmoid
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def sigmoid_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = sigmoid(x[i])


@in_place_kernel(("dy", "dx"))
def sigmoid_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i] * y[i] * (cast(y, 1) - y[i])


class Sigmoid(Elementwise):
    """Logistic sigmoid.

    y = 1 / (1 + e⁻ˣ);  dx = dy · y (1 − y).
    x: any shape → y: the same.
    """

    aliases: ClassVar[tuple[str, ...]] = ("logistic",)
    type: Literal["sigmoid"] = "sigmoid"
    forward_kernel: ClassVar[Kernel] = sigmoid_forward
    backward_kernel: ClassVar[Kernel] = sigmoid_backward
    cost: ClassVar[float] = 8.0

    def ends(self) -> tuple[float | None, float | None]:
        return 0.0, 1.0
