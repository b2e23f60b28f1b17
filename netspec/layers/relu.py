"""Rectified linear unit."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def relu_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = cast(x, 0) if x[i] < 0 else x[i]  # keeps NaN, so that it is found


@in_place_kernel(("dy", "dx"))
def relu_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = cast(dy, 0) if y[i] <= 0 else dy[i]


class ReLU(Elementwise):
    """Rectified linear unit.

    y = max(0, x);  dx = dy where y > 0, else 0 (0 at the kink, as PyTorch).
    x: any shape → y: the same.  Source: Nair & Hinton 2010, ICML.
    """

    type: Literal["relu"] = "relu"
    dead_at_zero: ClassVar[bool] = True
    forward_kernel: ClassVar[Kernel] = relu_forward
    backward_kernel: ClassVar[Kernel] = relu_backward
