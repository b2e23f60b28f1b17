"""Identity: the linear neuron."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, in_place_kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@in_place_kernel(("x", "y"), is_copy=True)
def identity_forward(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i]


@in_place_kernel(("dy", "dx"), is_copy=True)
def identity_backward(chunk: int, chunks: int, dy: In, dx: Out) -> None:
    dy, dx = part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = dy[i]


class Identity(Elementwise):
    """Identity: the linear neuron.

    y = x;  dx = dy.
    x: any shape → y: the same.
    """

    type: Literal["identity"] = "identity"
    forward_kernel: ClassVar[Kernel] = identity_forward
    backward_kernel: ClassVar[Kernel] = identity_backward
