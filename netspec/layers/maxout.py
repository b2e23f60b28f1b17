"""Maxout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Out, cast, kernel, span
from netspec.layers.base import Family, Io, Layer, Shape, ShapeError


@kernel
def maxout_forward(chunk: int, chunks: int, x: In, y: Out, pieces: int) -> None:
    """A chunk is a range of elements of y."""
    first, last = span(chunk, chunks, y.size)
    for i in range(first, last):
        group = x[i * pieces : (i + 1) * pieces]
        greatest = group[0]
        for k in range(1, group.size):
            greatest = greatest if greatest >= group[k] or greatest != greatest else group[k]  # NaN wins
        y[i] = greatest


@kernel
def maxout_backward(chunk: int, chunks: int, x: In, y: In, dy: In, dx: Out, pieces: int) -> None:
    first, last = span(chunk, chunks, y.size)
    for i in range(first, last):
        group, target = x[i * pieces : (i + 1) * pieces], dx[i * pieces : (i + 1) * pieces]
        found = False
        for k in range(group.size):
            chosen = not found and (group[k] == y[i] or y[i] != y[i])
            target[k] = dy[i] if chosen else cast(dx, 0)
            found = found or chosen


class Maxout(Layer):
    """Maximum of groups of neighbouring channels.

    y_c = max_k x_{c·pieces + k},  0 ≤ k < pieces
    x: (N, C, H, W) or (N, F) → y: (N, C / pieces, H, W) or (N, F / pieces).
    dx: dy at the first greatest member of each group, 0 elsewhere.
    Raises ShapeError when pieces does not divide the channels.  Source: Goodfellow et al. 2013, arXiv:1302.4389.
    """

    family: ClassVar[Family] = "activation"
    type: Literal["maxout"] = "maxout"
    pieces: int = Field(default=2, ge=2)
    """Channels of a group."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, *rest = inputs[0]
        if channels % self.pieces:
            raise ShapeError(
                f"pieces {self.pieces} does not divide {channels} channels (remainder {channels % self.pieces})",
                f"give the layer before it a multiple of {self.pieces} channels", field="pieces",
            )  # fmt: skip
        return (channels // self.pieces, *rest)

    def forward(self, io: Io) -> None:
        chunks = io.chunks(io.y.size, self.pieces)
        io.call(maxout_forward, chunks=chunks, x=io.x[0], y=io.y, pieces=self.pieces)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            chunks = io.chunks(io.y.size, 2 * self.pieces)
            io.call(maxout_backward, chunks=chunks, x=io.x[0], y=io.y, dy=io.dy, dx=io.dx[0], pieces=self.pieces)
