"""Layers side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from netspec.kernels.calls import Ref
from netspec.kernels.combine import copy_columns
from netspec.layers.base import Family, Io, Layer, Shape, ShapeError
from netspec.layers.merging import describe_input


class Concat(Layer):
    """Two or more inputs one after the other along their channels; for vectors along their elements.

    y[:, C₁ + … + Cₖ₋₁ + c] = xₖ[:, c];  dxₖ = that part of dy
    x: (N, Cₖ, H, W) → y: (N, ΣCₖ, H, W);  x: (N, Fₖ) → y: (N, ΣFₖ).
    Raises ShapeError when heights or widths differ, or pictures and vectors meet.
    Source: Szegedy et al. 2015, CVPR, arXiv:1409.4842; Huang et al. 2017, CVPR, arXiv:1608.06993.
    """

    family: ClassVar[Family] = "merge"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    aliases: ClassVar[tuple[str, ...]] = ("concatenate", "Concatenate", "cat", "depthConcatenationLayer", "join")
    type: Literal["concat"] = "concat"
    axis: Literal["channels"] = "channels"
    """What the inputs are joined along."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        for position, shape in enumerate(inputs):
            if len(shape) != len(inputs[0]) or shape[1:] != inputs[0][1:]:
                kind = "[C, H, W] with one height and width" if len(inputs[0]) == 3 else "[F]"
                raise ShapeError(
                    f"{describe_input(self, position, shape)} but {describe_input(self, 0, inputs[0])}",
                    f"give all inputs the shape {kind}", field="inputs", code="NS202", ports=(0, position),
                )  # fmt: skip
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])

    def forward(self, io: Io) -> None:
        for k, first, columns in self._parts(io):
            self._copy(io, io.x[k], io.y, columns, (columns, 0), (io.y_shape[0], first))

    def backward(self, io: Io) -> None:
        for k, first, columns in self._parts(io):
            dx = io.dx[k]
            if dx is not None:
                self._copy(io, io.dy, dx, columns, (io.y_shape[0], first), (columns, 0))

    def _parts(self, io: Io) -> Iterator[tuple[int, int, int]]:
        """(input, its first channel in y, its channels)."""
        first = 0
        for k, shape in enumerate(io.x_shapes):
            yield k, first, shape[0]
            first += shape[0]

    def _copy(self, io: Io, x: Ref, y: Ref, columns: int, source: tuple[int, int], target: tuple[int, int]) -> None:
        """Copy a range of channels; source and target: (channels in all, first channel)."""
        rows = io.y.size // io.y_shape[0]
        io.call(
            copy_columns, chunks=io.chunks(rows, columns, by_sample=True), x=x, y=y, rows=rows, columns=columns,
            x_columns=source[0], x_first=source[1], y_columns=target[0], y_first=target[1],
        )  # fmt: skip
