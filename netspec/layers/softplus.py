"""Smooth rectifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Kernel, Out, in_place_kernel
from netspec.kernels.elementary import part, sigmoid, softplus
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def softplus_forward(chunk: int, chunks: int, x: In, y: Out, beta: float) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = softplus(beta * x[i]) / beta


@in_place_kernel(("dy", "dx"))
def softplus_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out, beta: float) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i] * sigmoid(beta * x[i])


class Softplus(Elementwise):
    """Smooth rectifier.

    y = ln(1 + exp(βx)) / β;  dx = dy σ(βx).
    x: any shape → y: the same.  Source: Dugas et al. 2001, NIPS 13.
    Exact for every x: PyTorch returns x where βx > 20, which differs by at most 2.1e-9 / β.
    """

    type: Literal["softplus"] = "softplus"
    beta: float = Field(default=1.0, gt=0)
    """Sharpness of the bend at 0."""
    forward_kernel: ClassVar[Kernel] = softplus_forward
    backward_kernel: ClassVar[Kernel] = softplus_backward
    cost: ClassVar[float] = 12.0

    def settings(self) -> Mapping[str, float]:
        return {"beta": self.beta}
