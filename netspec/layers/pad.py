"""Zeros around pictures and beside channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.layers.base import Family, Io, Layer, Move, Shape, ShapeError
from netspec.layers.cutting import Corner, call_cut_out, call_surround
from netspec.window_fields import Count, Margins, margin_sides


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
        (top, bottom), (left, right) = margin_sides(self.padding)
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

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        top, left, _ = self._corner()
        return Move(-top), Move(-left)

    def forward(self, io: Io) -> None:
        call_surround(io, io.x[0], io.x_shapes[0], io.y, io.y_shape, self._corner())

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            call_cut_out(io, io.dy, io.y_shape, io.dx[0], io.x_shapes[0], self._corner())

    def _corner(self) -> Corner:
        (top, _), (left, _) = margin_sides(self.padding)
        return top, left, self.channels[0]
