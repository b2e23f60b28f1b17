"""Axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from netspec.kernels.abi import In, Out, kernel, span
from netspec.kernels.calls import Ref
from netspec.layers.base import Family, Io, Layer, Shape
from netspec.problems import spell
from netspec.windows import check_picture


@kernel
def reorder_axes(
    chunk: int, chunks: int, x: In, y: Out, n: int, height: int, width: int, channels: int, down: int, across: int, deep: int
) -> None:
    """y (n, H, W, C)[n,i,j,c] = x[n · H·W·C + i · down + j · across + c · deep]; a chunk is a range of the rows of y."""
    first, last = span(chunk, chunks, n * height)
    for row in range(first, last):
        start = row // height * height * width * channels + row % height * down
        for j in range(width):
            source = x[start + j * across :]
            target = y[(row * width + j) * channels : (row * width + j + 1) * channels]
            for c in range(target.size):
                target[c] = source[c * deep]


def _check_axes(value: Any) -> Any:
    if isinstance(value, list | tuple) and sorted(map(str, value)) == ["0", "1", "2"]:
        return tuple(value)
    message = f"{spell(value)} is not an order of the axes; use 0 (channels), 1 (height) and 2 (width), each once: [1, 2, 0]"
    raise PydanticCustomError("axes", "{message}", {"message": message})


class Permute(Layer):
    """Pictures with their axes in another order: channels become rows, rows columns, and the like.

    y[n, i₀, i₁, i₂] with sizes (S_a, S_b, S_c) of axes = [a, b, c] = x[n, …], the index on axis a being i₀, on b i₁, on c i₂
    x: (N, S₀, S₁, S₂) → y: (N, S_a, S_b, S_c);  dx: dy with the axes back in their order.
    Raises ShapeError for vectors. Axis 0 are the channels, 1 the height, 2 the width; the batch is not counted.
    """

    family: ClassVar[Family] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("Permute", "transpose", "Transpose")
    type: Literal["permute"] = "permute"
    axes: Annotated[
        tuple[Annotated[int, Field(ge=0, le=2)], Annotated[int, Field(ge=0, le=2)], Annotated[int, Field(ge=0, le=2)]],
        BeforeValidator(_check_axes),
    ]
    """Which axis of the input becomes channels, height and width: [1, 2, 0]."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_picture(inputs[0])
        return tuple(inputs[0][axis] for axis in self.axes)

    def forward(self, io: Io) -> None:
        _reorder(io, io.x[0], io.x_shapes[0], io.y, self.axes)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            _reorder(io, io.dy, io.y_shape, io.dx[0], tuple(int(axis) for axis in np.argsort(self.axes)))


def _reorder(io: Io, x: Ref, shape: Shape, y: Ref, axes: Sequence[int]) -> None:
    channels, _, width = shape
    steps = (1, width * channels, channels)  # between neighbours along C, H and W, as pictures lie
    new_channels, new_height, new_width = (shape[axis] for axis in axes)
    chunks = io.chunks(io.n * new_height, 4 * new_width * new_channels, by_sample=True)  # strided reads
    io.call(
        reorder_axes, chunks=chunks, x=x, y=y, n=io.n, height=new_height, width=new_width, channels=new_channels,
        down=steps[axes[1]], across=steps[axes[2]], deep=steps[axes[0]],
    )  # fmt: skip
