"""Sigmoid of straight lines."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def hard_sigmoid_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        z = x[i] + cast(x, 3)
        z = cast(x, 0) if z < 0 else z
        z = cast(x, 6) if z > 6 else z
        y[i] = z / cast(x, 6)


@in_place_kernel(("dy", "dx"))
def hard_sigmoid_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        inside = cast(y, 0) if y[i] <= 0 else dy[i] / cast(y, 6)
        dx[i] = cast(y, 0) if y[i] >= 1 else inside


class HardSigmoid(Elementwise):
    """Sigmoid of straight lines.

    y = min(max(x + 3, 0), 6) / 6;  dx = dy / 6 where 0 < y < 1, else 0.
    x: any shape → y: the same.  Source: Howard et al. 2019, arXiv:1905.02244, §5.2.
    """

    aliases: ClassVar[tuple[str, ...]] = ("hardsigmoid",)
    type: Literal["hard_sigmoid"] = "hard_sigmoid"
    forward_kernel: ClassVar[Kernel] = hard_sigmoid_forward
    backward_kernel: ClassVar[Kernel] = hard_sigmoid_backward

    def ends(self) -> tuple[float | None, float | None]:
        return 0.0, 1.0
