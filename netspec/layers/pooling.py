"""What the pooling layers share: their fields and shape rule, and the calls over windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from netspec.kernels.abi import Kernel
from netspec.kernels.calls import ArgumentValue, Table
from netspec.layers.base import Family, Io, Layer, Move, Note, Shape, ShapeError
from netspec.windows import (
    Axis,
    Padding,
    Rounding,
    Size2,
    SizeOrNone,
    check_picture,
    dropped_notes,
    resolve,
)

Axes = tuple[Axis, Axis]


class Windows(Layer):
    """Base of layers that reduce windows of each channel by a pair of kernels of `kernels/pooling.py`."""

    family: ClassVar[Family] = "pooling"
    forward_kernel: ClassVar[Kernel]
    backward_kernel: ClassVar[Kernel]

    def axes(self, shape: Shape) -> Axes:
        """How the windows lie over an input of this shape."""
        raise NotImplementedError

    def divisors(self, axis: Axis) -> list[int]:
        """What a mean divides by along this axis, for each window."""
        return [1] * axis.output

    def forward(self, io: Io) -> None:
        axes = self.axes(io.x_shapes[0])
        lines = io.n * axes[0].output
        chunks = io.chunks(lines, io.y.size // lines * axes[0].kernel * axes[1].kernel, by_sample=True)
        io.call(self.forward_kernel, chunks=chunks, x=io.x[0], y=io.y, **self._geometry(io, axes))

    def backward(self, io: Io) -> None:
        if io.dx[0] is None:
            return
        axes = self.axes(io.x_shapes[0])
        chunks = io.chunks(io.n, io.y.size // io.n * axes[0].kernel * axes[1].kernel, by_sample=True)
        values: dict[str, ArgumentValue] = {"dy": io.dy, "dx": io.dx[0]}
        if "x" in self.backward_kernel.parameters:
            values |= {"x": io.x[0], "y": io.y}
        overlap = any(axis.stride < axis.span and axis.output > 1 for axis in axes)
        gaps = any(axis.unread for axis in axes)
        io.call(
            self.backward_kernel, chunks=chunks, overlap=int(overlap), gaps=int(gaps), **values,
            **self._geometry(io, axes),
        )  # fmt: skip

    def _geometry(self, io: Io, axes: Axes) -> dict[str, ArgumentValue]:
        """The arguments that all kernels over windows take."""
        channels, height, width = io.x_shapes[0]
        rows, columns = (self._table(axis) for axis in axes)
        return {"rows": rows, "columns": columns, "n": io.n, "height": height, "width": width, "channels": channels,
                "row_step": axes[0].dilation, "column_step": axes[1].dilation}

    def _table(self, axis: Axis) -> Table:
        """(first pixel, end, divisor) of every window, flat."""
        rows = []
        for window, divisor in enumerate(self.divisors(axis)):
            pixels = axis.pixels(window)
            rows.append((pixels[0], pixels[-1] + 1, divisor))
        return np.array(rows, dtype=np.int64).reshape(-1)


class Pool2d(Windows):
    """Base of the pooling layers with a sliding window."""

    kernel_size: Size2
    """Height and width of the window: 2 or [2, 3]."""
    stride: SizeOrNone = None
    """Step of the window; default: kernel_size."""
    padding: Padding = 0
    """Pixels around the input: 1, [1, 2], {top = 0, bottom = 1, …}, "same", "same_lower" or "valid"."""
    dilation: Size2 = 1
    """Distance of the window's taps."""
    rounding: Rounding = "floor"
    """What becomes of a last window that does not fit."""

    def axes(self, shape: Shape) -> Axes:
        return resolve(
            shape, kernel_size=self.kernel_size, stride=self.stride or self.kernel_size, padding=self.padding,
            dilation=self.dilation, rounding=self.rounding,
        )  # fmt: skip

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width = self.axes(inputs[0])
        for axis in (height, width):
            if axis.empty_windows:
                raise ShapeError(
                    f"{len(axis.empty_windows)} of the {axis.output} windows along the {axis.name} see only padding "
                    f"({axis.before} + {axis.after} around {axis.size})",
                    f"use a padding below the {axis.span} that the window spans", field="padding", code="NS201",
                )  # fmt: skip
        return inputs[0][0], height.output, width.output

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        height, width = self.axes(inputs[0])
        return height.move, width.move

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        return dropped_notes(self.axes(inputs[0]))


class GlobalPool(Windows):
    """Base of the pooling layers whose one window is the whole picture: [C, H, W] → [C]."""

    def axes(self, shape: Shape) -> Axes:
        check_picture(shape)
        return resolve(shape, kernel_size=(shape[1], shape[2]))

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_picture(inputs[0])
        return (inputs[0][0],)
