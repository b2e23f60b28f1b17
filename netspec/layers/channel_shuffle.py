"""Channels in an order that mixes the groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Out, kernel, span
from netspec.kernels.calls import Ref
from netspec.layers.base import Family, Io, Layer, Move, Shape, ShapeError


@kernel
def transpose_channels(chunk: int, chunks: int, x: In, y: Out, pixels: int, rows: int, columns: int) -> None:
    """Each pixel's channels (rows, columns) → (columns, rows); a chunk is a range of pixels."""
    first, last = span(chunk, chunks, pixels)
    size = rows * columns
    for pixel in range(first, last):
        source, target = x[pixel * size : (pixel + 1) * size], y[pixel * size : (pixel + 1) * size]
        for column in range(columns):
            for row in range(rows):
                target[column * rows + row] = source[row * columns + column]


class ChannelShuffle(Layer):
    """The channels of all groups by turns: the first of each group, then the second of each, …

    y[n, c·G + g] = x[n, g·(C/G) + c] for group g of G;  dx: dy in the old order
    x: (N, C, H, W) → y: the same;  x: (N, F) → y: the same.
    Raises ShapeError when the groups do not divide the channels.
    Source: Zhang, Zhou, Lin & Sun 2018, CVPR, arXiv:1707.01083 (ShuffleNet), §3.1.
    """

    family: ClassVar[Family] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("ChannelShuffle", "shuffle", "shuffle_channel", "ShuffleChannel")
    type: Literal["channel_shuffle"] = "channel_shuffle"
    groups: int = Field(ge=1, le=65_536)
    """Groups into which the channels are cut, as in the group convolution before it."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels = inputs[0][0]
        if channels % self.groups:
            best = min((g for g in range(1, channels + 1) if channels % g == 0), key=lambda g: abs(g - self.groups))
            raise ShapeError(
                f"groups {self.groups} does not divide the {channels} channels", f"use groups = {best}",
                field="groups", code="NS206",
            )  # fmt: skip
        return inputs[0]

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        return Move(), Move()

    def forward(self, io: Io) -> None:
        self._transpose(io, io.x[0], io.y, self.groups)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            self._transpose(io, io.dy, io.dx[0], io.x_shapes[0][0] // self.groups)

    def _transpose(self, io: Io, x: Ref, y: Ref, rows: int) -> None:
        channels = io.x_shapes[0][0]
        pixels = y.size // channels
        chunks = io.chunks(pixels, 2 * channels, by_sample=True)
        io.call(transpose_channels, chunks=chunks, x=x, y=y, pixels=pixels, rows=rows, columns=channels // rows)
