"""Scaled exponential linear unit."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import expm1, part
from netspec.layers.elementwise import Elementwise

ALPHA = 1.6732632423543772
SCALE = 1.0507009873554805


@in_place_kernel(("x", "y"))
def selu_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = cast(x, SCALE * ALPHA) * expm1(x[i]) if x[i] < 0 else cast(x, SCALE) * x[i]


@in_place_kernel(("dy", "dx"))
def selu_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i] * (y[i] + cast(y, SCALE * ALPHA)) if y[i] <= 0 else dy[i] * cast(y, SCALE)


class SELU(Elementwise):
    """Scaled exponential linear unit.

    y = λ x where x > 0, else λ α (eˣ − 1);  dx = λ dy where y > 0, else dy (y + λ α).
    x: any shape → y: the same.  λ and α keep mean 0 and variance 1 from layer to layer.
    Source: Klambauer et al. 2017, arXiv:1706.02515, equation 2 and appendix.
    """

    type: Literal["selu"] = "selu"
    forward_kernel: ClassVar[Kernel] = selu_forward
    backward_kernel: ClassVar[Kernel] = selu_backward
    cost: ClassVar[float] = 8.0
