"""Softsign."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def softsign_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i] / (cast(x, 1) + abs(x[i]))


@in_place_kernel(("dy", "dx"))
def softsign_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        d = cast(x, 1) + abs(x[i])
        dx[i] = dy[i] / (d * d)


class Softsign(Elementwise):
    """Softsign: like tanh, with slower tails.

    y = x / (1 + |x|);  dx = dy / (1 + |x|)².
    x: any shape → y: the same.  Source: Turian, Bergstra & Bengio 2009, NAACL.
    """

    type: Literal["softsign"] = "softsign"
    forward_kernel: ClassVar[Kernel] = softsign_forward
    backward_kernel: ClassVar[Kernel] = softsign_backward

    def ends(self) -> tuple[float | None, float | None]:
        return -1.0, 1.0
