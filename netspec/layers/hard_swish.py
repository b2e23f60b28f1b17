"""Swish with the sigmoid of straight lines."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def hard_swish_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        z = x[i] + cast(x, 3)
        z = cast(x, 0) if z < 0 else z
        z = cast(x, 6) if z > 6 else z
        y[i] = x[i] * z / cast(x, 6)


@in_place_kernel(("dy", "dx"))
def hard_swish_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        slope = x[i] / cast(x, 3) + cast(x, 0.5)
        slope = cast(x, 0) if x[i] <= -3 else slope
        slope = cast(x, 1) if x[i] >= 3 else slope
        dx[i] = dy[i] * slope


class HardSwish(Elementwise):
    """Swish with the sigmoid of straight lines.

    y = x · min(max(x + 3, 0), 6) / 6;  dx = 0 where x ≤ −3, dy where x ≥ 3, else dy (x / 3 + 1/2).
    x: any shape → y: the same.  Source: Howard et al. 2019, arXiv:1905.02244, §5.2.
    """

    aliases: ClassVar[tuple[str, ...]] = ("hardswish",)
    type: Literal["hard_swish"] = "hard_swish"
    forward_kernel: ClassVar[Kernel] = hard_swish_forward
    backward_kernel: ClassVar[Kernel] = hard_swish_backward
