"""Leaky rectified linear unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Kernel, Out, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def leaky_relu_forward(chunk: int, chunks: int, x: In, y: Out, negative_slope: float) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i] * negative_slope if x[i] < 0 else x[i]


@in_place_kernel(("dy", "dx"))
def leaky_relu_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out, negative_slope: float) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i] * negative_slope if y[i] <= 0 else dy[i]


class LeakyReLU(Elementwise):
    """Leaky rectified linear unit.

    y = x where x > 0, else negative_slope · x;  dx = dy where y > 0, else negative_slope · dy (also at 0, as PyTorch).
    x: any shape → y: the same.  Source: Maas, Hannun & Ng 2013, ICML.
    """

    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {"keras": {"negative_slope": 0.3}}
    type: Literal["leaky_relu"] = "leaky_relu"
    negative_slope: float = Field(default=0.01, ge=0)
    """Slope for x < 0."""
    forward_kernel: ClassVar[Kernel] = leaky_relu_forward
    backward_kernel: ClassVar[Kernel] = leaky_relu_backward

    def settings(self) -> Mapping[str, float]:
        return {"negative_slope": self.negative_slope}
