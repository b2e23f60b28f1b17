"""Part of pictures and of their channels cut out, and the opposite: put into a larger one, with zeros around."""

from __future__ import annotations

from netspec.kernels.abi import In, Kernel, Out, cast, kernel, span
from netspec.kernels.calls import Ref
from netspec.layers.base import Io, Shape

Corner = tuple[int, int, int]
"""Where the smaller one begins in the larger one: (row, column, channel)."""


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
    chunk: int, chunks: int, x: In, y: Out, n: int, height: int, width: int, channels: int,
    top: int, left: int, before: int, new_height: int, new_width: int, new_channels: int,
) -> None:  # fmt: skip
    """The part of x (n, H', W', C') from (top, left, before) on → y (n, H, W, C); a chunk is a range of rows of y."""
    first, last = span(chunk, chunks, n * height)
    for row in range(first, last):
        sample, i = row // height, row % height + top
        source = x[(sample * new_height + i) * new_width * new_channels :]
        target = y[row * width * channels : (row + 1) * width * channels]
        for j in range(width):
            start = (left + j) * new_channels + before
            target[j * channels : (j + 1) * channels] = source[start : start + channels]


def call_surround(io: Io, x: Ref, shape: Shape, y: Ref, larger: Shape, corner: Corner) -> None:
    """y = x at the corner, and zeros around."""
    _call(io, surround, x, y, shape, larger, corner, larger)


def call_cut_out(io: Io, x: Ref, larger: Shape, y: Ref, shape: Shape, corner: Corner) -> None:
    """y = the part of x that begins at the corner."""
    _call(io, cut_out, x, y, shape, larger, corner, shape)


def _call(
    io: Io, kernel: Kernel, x: Ref, y: Ref, shape: Shape, larger: Shape, corner: Corner, written: Shape
) -> None:
    """Call a kernel that goes through the rows of what it writes."""
    (channels, height, width), (new_channels, new_height, new_width) = _picture(shape), _picture(larger)
    rows, line = _picture(written)[1], _picture(written)[0] * _picture(written)[2]
    top, left, before = corner
    io.call(
        kernel, chunks=io.chunks(io.n * rows, line, by_sample=True), x=x, y=y, n=io.n, height=height, width=width,
        channels=channels, top=top, left=left, before=before, new_height=new_height, new_width=new_width,
        new_channels=new_channels,
    )  # fmt: skip


def _picture(shape: Shape) -> tuple[int, int, int]:
    """A vector as a picture of one pixel."""
    channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
    return channels, height, width
