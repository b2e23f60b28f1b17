"""Continuously differentiable exponential linear unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import expm1, part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def celu_forward(chunk: int, chunks: int, x: In, y: Out, alpha: float) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = alpha * expm1(x[i] / alpha) if x[i] < 0 else x[i]


@in_place_kernel(("dy", "dx"))
def celu_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out, alpha: float) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i] * (y[i] / alpha + cast(y, 1)) if y[i] <= 0 else dy[i]


class CELU(Elementwise):
    """Continuously differentiable exponential linear unit: an ELU whose slope has no step at 0, whatever α is.

    y = x where x > 0, else α (e^(x/α) − 1);  dx = dy where y > 0, else dy (1 + y/α).
    x: any shape → y: the same.  Source: Barron 2017, arXiv:1704.07483.
    """

    type: Literal["celu"] = "celu"
    alpha: float = Field(default=1.0, gt=0)
    """Minus the value for x → −∞."""
    forward_kernel: ClassVar[Kernel] = celu_forward
    backward_kernel: ClassVar[Kernel] = celu_backward
    cost: ClassVar[float] = 8.0

    def settings(self) -> Mapping[str, float]:
        return {"alpha": self.alpha}
