"""Rectified linear unit cut at 6."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"))
def relu6_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        z = cast(x, 0) if x[i] < 0 else x[i]
        y[i] = cast(x, 6) if z > 6 else z


@in_place_kernel(("dy", "dx"))
def relu6_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out) -> None:
    y, dy, dx = part(y, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        inside = cast(y, 0) if y[i] <= 0 else dy[i]
        dx[i] = cast(y, 0) if y[i] >= 6 else inside


class ReLU6(Elementwise):
    """Rectified linear unit cut at 6.

    y = min(max(0, x), 6);  dx = dy where 0 < y < 6, else 0.
    x: any shape → y: the same.  Source: Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.
    """

    type: Literal["relu6"] = "relu6"
    dead_at_zero: ClassVar[bool] = True
    forward_kernel: ClassVar[Kernel] = relu6_forward
    backward_kernel: ClassVar[Kernel] = relu6_backward

    def ends(self) -> tuple[float | None, float | None]:
        return None, 6.0
