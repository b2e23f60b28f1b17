"""What all elementwise layers share: shapes and calls. A new activation is one file with two kernels and a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from netspec.kernels.abi import Kernel
from netspec.kernels.calls import ArgumentValue
from netspec.layers.base import Family, Io, Layer, Shape


class Elementwise(Layer):
    """Base of the layers with y[i] = f(x[i]).

    `forward_kernel(chunk, chunks, x, y, n, …)` writes y; `backward_kernel(chunk, chunks, x and/or y, dy, dx, n, …)`
    writes dx and takes of x and y what it names, so the plan keeps only that. `…` are the settings, by name.
    """

    family: ClassVar[Family] = "activation"
    forward_kernel: ClassVar[Kernel]
    backward_kernel: ClassVar[Kernel]
    cost: ClassVar[float] = 1.0
    """Elementary operations per element, for the number of chunks."""

    def settings(self) -> Mapping[str, float]:
        """Scalar arguments of both kernels."""
        return {}

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def forward(self, io: Io) -> None:
        n = io.y.size
        io.call(self.forward_kernel, chunks=io.chunks(n, self.cost), x=io.x[0], y=io.y, n=n, **self.settings())

    def backward(self, io: Io) -> None:
        if io.dx[0] is None:
            return
        kernel, n = self.backward_kernel, io.y.size
        values: dict[str, ArgumentValue] = {
            name: ref for name, ref in (("x", io.x[0]), ("y", io.y)) if name in kernel.parameters
        }
        chunks = io.chunks(n, self.cost)
        io.call(kernel, chunks=chunks, dy=io.dy, dx=io.dx[0], n=n, **values, **self.settings())
