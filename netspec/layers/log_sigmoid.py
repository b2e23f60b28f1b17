"""Logarithm of the sigmoid."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, in_place_kernel
from netspec.kernels.elementary import part, sigmoid, softplus
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def log_sigmoid_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = -softplus(-x[i])


@in_place_kernel(("dy", "dx"))
def log_sigmoid_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i] * sigmoid(-x[i])


class LogSigmoid(Elementwise):
    """Logarithm of the sigmoid, without overflow.

    y = ln σ(x) = −ln(1 + e⁻ˣ);  dx = dy σ(−x).
    x: any shape → y: the same.  Do not put it before the loss bce_with_logits, which has its own.
    """

    aliases: ClassVar[tuple[str, ...]] = ("logsigmoid",)
    type: Literal["log_sigmoid"] = "log_sigmoid"
    forward_kernel: ClassVar[Kernel] = log_sigmoid_forward
    backward_kernel: ClassVar[Kernel] = log_sigmoid_backward
    cost: ClassVar[float] = 12.0
