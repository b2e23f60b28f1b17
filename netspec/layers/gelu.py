"""Gaussian error linear unit."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import exp, normal_cdf, part, sigmoid
from netspec.layers.elementwise import Elementwise

DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)
SLOPE = 2 * math.sqrt(2 / math.pi)
CUBIC = 0.044715


@in_place_kernel(("x", "y"))
def gelu_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i] * normal_cdf(x[i], exp(x[i] * x[i] * cast(x, -0.5)))


@in_place_kernel(("dy", "dx"))
def gelu_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        bell = exp(x[i] * x[i] * cast(x, -0.5))
        dx[i] = dy[i] * (normal_cdf(x[i], bell) + x[i] * bell * cast(x, DENSITY_AT_0))


@in_place_kernel(("x", "y"))
def gelu_tanh_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        u = x[i] * (cast(x, SLOPE) + cast(x, SLOPE * CUBIC) * x[i] * x[i])
        y[i] = x[i] * sigmoid(u)  # (1 + tanh(u / 2)) / 2 = σ(u)


@in_place_kernel(("dy", "dx"))
def gelu_tanh_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        square = x[i] * x[i]
        s = sigmoid(x[i] * (cast(x, SLOPE) + cast(x, SLOPE * CUBIC) * square))
        slope = cast(x, SLOPE) + cast(x, 3 * SLOPE * CUBIC) * square
        dx[i] = dy[i] * (s + x[i] * s * (cast(x, 1) - s) * slope)


class GELU(Elementwise):
    """Gaussian error linear unit.

    y = x Φ(x);  dx = dy (Φ(x) + x φ(x)), with Φ and φ the distribution and density of the standard normal.
    approximate = "tanh": y = x σ(u), u = 2 √(2/π) (x + 0.044715 x³);  dx = dy (σ(u) + x σ(u) (1 − σ(u)) u′).
    x: any shape → y: the same.  Source: Hendrycks & Gimpel 2016, arXiv:1606.08415, §2.
    """

    type: Literal["gelu"] = "gelu"
    approximate: Literal["none", "tanh"] = "none"
    """Exact, or the approximation that some pretrained networks were trained with."""
    forward_kernel: ClassVar[Kernel] = gelu_forward
    backward_kernel: ClassVar[Kernel] = gelu_backward
    cost: ClassVar[float] = 12.0

    def kernels(self) -> tuple[Kernel, Kernel]:
        return (gelu_tanh_forward, gelu_tanh_backward) if self.approximate == "tanh" else super().kernels()
