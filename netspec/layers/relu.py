"""Rectified linear unit."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, kernel, span
from netspec.layers.elementwise import Elementwise


@kernel
def relu_forward(chunk: int, chunks: int, x: In, y: Out, n: int) -> None:
    first, last = span(chunk, chunks, n)
    for i in range(first, last):
        y[i] = cast(x, 0) if x[i] < 0 else x[i]  # keeps NaN, so that it is found


@kernel
def relu_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out, n: int) -> None:
    first, last = span(chunk, chunks, n)
    for i in range(first, last):
        dx[i] = cast(dy, 0) if y[i] <= 0 else dy[i]


class ReLU(Elementwise):
    """Rectified linear unit.

    y = max(0, x);  dx = dy where y > 0, else 0 (0 at the kink, as PyTorch).
    x: any shape → y: the same.  Source: Nair & Hinton 2010, ICML.
    """

    type: Literal["relu"] = "relu"
    forward_kernel: ClassVar[Kernel] = relu_forward
    backward_kernel: ClassVar[Kernel] = relu_backward
