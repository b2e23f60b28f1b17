"""A transposed convolution seen as the convolution it turns round: x is that one's output, y its input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.kernels.abi import ElementType, Kernel
from netspec.kernels.calls import ArgumentValue, Ref
from netspec.kernels.contract import NOTHING
from netspec.layers.base import Io, Shape
from netspec.layers.contraction_calls import call_margins
from netspec.layers.convolution import Geometry
from netspec.windows import Axis


@dataclass
class Turned:
    """The Io of the layer with other tensors in the roles of x, y and dy; calls and memory are the layer's own."""

    io: Io
    x: Sequence[Ref]
    x_shapes: Sequence[Shape]
    y: Ref
    y_shape: Shape
    dy: Ref
    parameters: Mapping[str, Ref]

    def __post_init__(self) -> None:
        self.n, self.itemsize, self.training, self.shards = self.io.n, self.io.itemsize, self.io.training, self.io.shards
        self.dx: Sequence[Ref | None] = ()
        self.gradients: Mapping[str, Ref | None] = {}
        self.state: Mapping[str, Ref] = {}
        self.random_key, self.counters, self.chosen_for = self.io.random_key, self.io.counters, self.io.chosen_for

    def call(self, kernel: Kernel, algorithm: str = "", /, *, chunks: int = 1, **arguments: ArgumentValue) -> None:
        self.io.call(kernel, algorithm, chunks=chunks, **arguments)

    def chunks(self, items: int, cost: float, *, by_sample: bool = False) -> int:
        return self.io.chunks(items, cost, by_sample=by_sample)

    def saved(self, name: str, size: int, element: ElementType = "float") -> Ref:
        return self.io.saved(name, size, element)

    def workspace(self, name: str, size: int, element: ElementType = "float") -> Ref:
        return self.io.workspace(name, size, element)

    def scratch(self, size: int) -> Ref:
        return self.io.scratch(size)


def turned_forward(io: Io) -> Turned:
    """The view in which y is the gradient to the convolution's input."""
    return Turned(io, [io.y], [io.y_shape], io.x[0], io.x_shapes[0], io.x[0], io.parameters)


def turned_backward(io: Io, geometry: Geometry, dx: Ref | None) -> tuple[Turned, Geometry]:
    """The view in which dx is the convolution's output, and its geometry: margins lie round dy already, once for dx and dw."""
    height, width = geometry.height, geometry.width
    size = geometry.padded_size()
    padded = call_margins(io, io.dy, io.y_shape, height.before, width.before, *size)
    shape = (io.y_shape[0], *size)
    inside = replace(geometry, height=_without_padding(height), width=_without_padding(width))
    weight = {"weight": io.parameters["weight"]}
    return Turned(io, [padded], [shape], dx or NOTHING, io.x_shapes[0], io.x[0], weight), inside


def _without_padding(axis: Axis) -> Axis:
    """The same windows over an input that has its margins."""
    return replace(axis, size=axis.padded + axis.overhang, before=0, after=0)
