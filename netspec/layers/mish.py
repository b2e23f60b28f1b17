"""Mish."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part, sigmoid, softplus, tanh
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def mish_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i] * tanh(softplus(x[i]))


@in_place_kernel(("dy", "dx"))
def mish_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        t = tanh(softplus(x[i]))
        dx[i] = dy[i] * (t + x[i] * sigmoid(x[i]) * (cast(x, 1) - t * t))


class Mish(Elementwise):
    """Mish: a smooth unit that lets small negative values through.

    y = x tanh(s),  s = ln(1 + eˣ);  dx = dy (tanh s + x σ(x) (1 − tanh² s)).
    x: any shape → y: the same.  Source: Misra 2020, arXiv:1908.08681.
    """

    type: Literal["mish"] = "mish"
    forward_kernel: ClassVar[Kernel] = mish_forward
    backward_kernel: ClassVar[Kernel] = mish_backward
    cost: ClassVar[float] = 16.0
