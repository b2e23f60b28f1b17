"""What all elementwise layers share: shapes and calls. A new activation is one file with two kernels and a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from netspec.kernels.abi import Kernel
from netspec.kernels.calls import ArgumentValue
from netspec.layers.base import Family, Io, Layer, Shape


class Elementwise(Layer):
    """Base of the layers with y[i] = f(x[i]).

    `forward_kernel(chunk, chunks, x, y, …)` writes y; `backward_kernel(chunk, chunks, x and/or y, dy, dx, …)` writes dx
    and takes of x and y what it names, so the plan keeps only that. `…` are the settings, by name.
    """

    family: ClassVar[Family] = "activation"
    forward_kernel: ClassVar[Kernel]
    backward_kernel: ClassVar[Kernel]
    cost: ClassVar[float] = 1.0
    """Elementary operations per element, for the number of chunks."""

    def settings(self) -> Mapping[str, float]:
        """Scalar arguments of the kernels; backward takes those that it names."""
        return {}

    def kernels(self) -> tuple[Kernel, Kernel]:
        """Forward and backward, where they depend on a setting."""
        return self.forward_kernel, self.backward_kernel

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def forward(self, io: Io) -> None:
        chunks = io.chunks(io.y.size, self.cost, by_sample=True)
        io.call(self.kernels()[0], chunks=chunks, x=io.x[0], y=io.y, **self.settings())

    def backward(self, io: Io) -> None:
        if io.dx[0] is None:
            return
        known: dict[str, ArgumentValue] = {"x": io.x[0], "y": io.y, "dy": io.dy, "dx": io.dx[0], **self.settings()}
        kernel = self.kernels()[1]
        arguments = {name: known[name] for name in kernel.parameters}
        io.call(kernel, chunks=io.chunks(io.y.size, self.cost, by_sample=True), **arguments)
