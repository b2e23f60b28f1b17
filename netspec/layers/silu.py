"""Sigmoid linear unit, also called swish."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part, sigmoid
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def silu_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i] * sigmoid(x[i])


@in_place_kernel(("dy", "dx"))
def silu_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        s = sigmoid(x[i])
        dx[i] = dy[i] * s * (cast(x, 1) + x[i] * (cast(x, 1) - s))


class SiLU(Elementwise):
    """Sigmoid linear unit, also called swish.

    y = x σ(x);  dx = dy σ(x) (1 + x (1 − σ(x))).
    x: any shape → y: the same.  Source: Elfwing, Uchibe & Doya 2018, arXiv:1702.03118.
    """

    aliases: ClassVar[tuple[str, ...]] = ("swish",)
    type: Literal["silu"] = "silu"
    forward_kernel: ClassVar[Kernel] = silu_forward
    backward_kernel: ClassVar[Kernel] = silu_backward
    cost: ClassVar[float] = 8.0
