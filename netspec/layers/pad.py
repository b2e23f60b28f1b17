"""Zeros around pictures and beside channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Kernel, Out, cast, kernel, span
from netspec.kernels.calls import ArgumentValue
from netspec.layers.base import Family, Io, Layer, Shape, ShapeError
from netspec.window_fields import Count, Margins, Sides, pair


@kernel
def surround(
    chunk: int, chunks: int, x: In, y: Out, n: int, height: int, width: int, channels: int,
    top: int, left: int, before: int, new_height: int, new_width: int, new_channels: int,
) -> None:  # fmt: skip
    """x (n, H, W, C) → y (n, H', W', C') with x from (top, left, before) on and zeros elsewhere; a chunk: some rows of y."""
    first, last = span(chunk, chunks, n * new_height)
    zero, line = cast(x, 0), new_width * new_channels
    for row in range(first, last):
        sample, i = row // new_height, row % new_height - top
        target = y[row * line : (row + 1) * line]
        target[:] = zero
        if 0 <= i < height:
            source = x[(sample * height + i) * width * channels :]
            for j in range(width):
                start = (left + j) * new_channels + before
                target[start : start + channels] = source[j * channels : (j + 1) * channels]


@kernel
def cut_out(
    chunk: int, chunks: int, dy: In, dx: Out, n: int, height: int, width: int, channels: int,
    top: int, left: int, before: int, new_height: int, new_width: int, new_channels: int,
) -> None:  # fmt: skip
    """The part of dy (n, H', W', C') from (top, left, before) on → dx (n, H, W, C); a chunk is a range of rows of dx."""
    first, last = span(chunk, chunks, n * height)
    for row in range(first, last):
        sample, i = row // height, row % height + top
        source = dy[(sample * new_height + i) * new_width * new_channels :]
        target = dx[row * width * channels : (row + 1) * width * channels]
        for j in range(width):
            start = (left + j) * new_channels + before
            target[j * channels : (j + 1) * channels] = source[start : start + channels]


class Pad(Layer):
    """Zeros around pictures, and before and after their channels; for vectors before and after their elements.

    y[n, before + c, top + i, left + j] = x[n,c,i,j], 0 elsewhere;  dx: that part of dy
    x: (N, C, H, W) → y: (N, before + C + after, top + H + bottom, left + W + right);  x: (N, F) → y: (N, before + F + after).
    Raises ShapeError for a vector with `padding`.
    Source: the shortcuts without parameters ("option A") of He, Zhang, Ren & Sun 2016, CVPR, arXiv:1512.03385, §3.3.
    """

    family: ClassVar[Family] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("padding", "zero_pad", "ZeroPad2d", "ZeroPadding2D", "constant_pad", "Pad")
    type: Literal["pad"] = "pad"
    padding: Margins = 0
    """Zeros around a picture: 1, [1, 2] for height and width, or {top = 0, bottom = 1, left = 0, right = 1}."""
    channels: tuple[Count, Count] = Field(default=(0, 0))
    """Channels of zeros before and after those of the input."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        (top, bottom), (left, right) = self._sides()
        channels = inputs[0][0] + sum(self.channels)
        if len(inputs[0]) == 3:
            return channels, top + inputs[0][1] + bottom, left + inputs[0][2] + right
        if top + bottom + left + right:
            raise ShapeError(
                f"padding surrounds pictures [C, H, W], but the input is {list(inputs[0])}",
                "leave padding out; `channels` puts zeros before and after the elements of a vector",
                field="padding", code="NS205",
            )  # fmt: skip
        return (channels,)

    def forward(self, io: Io) -> None:
        self._call(io, surround, io.y_shape, x=io.x[0], y=io.y)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            self._call(io, cut_out, io.x_shapes[0], dy=io.dy, dx=io.dx[0])

    def _sides(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """(top, bottom), (left, right)."""
        if isinstance(self.padding, Sides):
            return (self.padding.top, self.padding.bottom), (self.padding.left, self.padding.right)
        height, width = pair(self.padding)
        return (height, height), (width, width)

    def _call(self, io: Io, kernel: Kernel, written: Shape, **tensors: ArgumentValue) -> None:
        """Call a kernel that goes through the rows of what it writes."""
        (top, _), (left, _) = self._sides()
        channels, height, width = _picture(io.x_shapes[0])
        new_channels, new_height, new_width = _picture(io.y_shape)
        rows, line = _picture(written)[1], _picture(written)[0] * _picture(written)[2]
        io.call(
            kernel, chunks=io.chunks(io.n * rows, line, by_sample=True), n=io.n, height=height, width=width,
            channels=channels, top=top, left=left, before=self.channels[0], new_height=new_height, new_width=new_width,
            new_channels=new_channels, **tensors,
        )  # fmt: skip


def _picture(shape: Shape) -> tuple[int, int, int]:
    """A vector as a picture of one pixel."""
    channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
    return channels, height, width
