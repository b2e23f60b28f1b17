"""The inner part of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.copies import fill_zeros
from netspec.layers.base import Family, Io, Layer, Move, Shape, ShapeError
from netspec.layers.cutting import Corner, call_cut_out, call_surround
from netspec.layers.merging import describe_input
from netspec.window_fields import Counts, Margins, SizeOrNone, margin_sides, pair
from netspec.windows import check_picture


class Crop(Layer):
    """A rectangle of each picture: what is left when the sides are cut off, or as large as a second input.

    y[n,c,i,j] = x[n, c, top + i, left + j];  dx: dy there, 0 elsewhere
    x: (N, C, H, W) → y: (N, C, H − top − bottom, W − left − right); with `size`, or with a second input (its height and
    width alone count, no gradient goes there), y: (N, C, H', W') from the middle, the odd pixel left at the bottom and on the
    right, or from `offset`.
    Raises ShapeError when nothing would be left, and when the part does not lie inside the picture.
    Source: Ronneberger, Fischer & Brox 2015, MICCAI, arXiv:1505.04597 (copy and crop); Long et al. 2015, arXiv:1411.4038.
    """

    family: ClassVar[Family] = "shape"
    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    aliases: ClassVar[tuple[str, ...]] = ("Crop", "Cropping2D", "cropping", "center_crop", "centre_crop", "crop2dLayer")
    type: Literal["crop"] = "crop"
    sides: Margins = 0
    """Pixels cut off: 1, [1, 2] for height and width, or {top = 0, bottom = 1, left = 0, right = 1}."""
    size: SizeOrNone = None
    """Height and width of what is kept, instead of `sides`: 64 or [64, 48]."""
    offset: Counts | None = Field(default=None)
    """Row and column where the kept part begins, with `size` or a second input; default: in the middle."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        for shape in inputs:
            check_picture(shape)
        self._check_one_way(len(inputs))
        channels, height, width = inputs[0]
        top, left, _ = self.corner(inputs)
        size = self._size(inputs)
        for name, first, kept, there in (("height", top, size[0], height), ("width", left, size[1], width)):
            if first < 0 or kept < 1 or first + kept > there:
                raise self._does_not_fit(inputs, name, first, kept, there)
        return channels, *size

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        top, left, _ = self.corner(inputs)
        return Move(top), Move(left)

    def forward(self, io: Io) -> None:
        call_cut_out(io, io.x[0], io.x_shapes[0], io.y, io.y_shape, self.corner(io.x_shapes))

    def backward(self, io: Io) -> None:
        dx, *others = io.dx
        if dx is not None:
            call_surround(io, io.dy, io.y_shape, dx, io.x_shapes[0], self.corner(io.x_shapes))
        for other in others:
            if other is not None:  # its size alone was read
                io.call(fill_zeros, chunks=io.chunks(other.size, 1, by_sample=True), y=other, size=other.size)

    def _check_one_way(self, inputs: int) -> None:
        ways = {"sides": self.sides != 0, "size": self.size is not None, "a second input": inputs == 2}
        given = [way for way, is_given in ways.items() if is_given]
        if len(given) > 1:
            raise ShapeError(
                f"{' and '.join(given)} both say what is kept", "keep one of them",
                field="sides" if self.sides != 0 else "size", code="NS203",
            )  # fmt: skip
        if self.offset is not None and given in ([], ["sides"]):
            message = "offset needs to know how much is kept"
            raise ShapeError(message, "give a size or a second input", field="offset", code="NS203")

    def _size(self, inputs: Sequence[Shape]) -> tuple[int, int]:
        if len(inputs) == 2:
            return inputs[1][1], inputs[1][2]
        if self.size is not None:
            return pair(self.size)
        (top, bottom), (left, right) = margin_sides(self.sides)
        return inputs[0][1] - top - bottom, inputs[0][2] - left - right

    def corner(self, inputs: Sequence[Shape]) -> Corner:
        """Where in the first input the kept part begins."""
        if len(inputs) == 1 and self.size is None:
            (top, _), (left, _) = margin_sides(self.sides)
        elif self.offset is not None:
            top, left = pair(self.offset)
        else:
            (height, width), (_, high, wide) = self._size(inputs), inputs[0]
            top, left = (high - height) // 2, (wide - width) // 2
        return top, left, 0

    def _does_not_fit(self, inputs: Sequence[Shape], name: str, first: int, kept: int, there: int) -> ShapeError:
        if len(inputs) == 2:
            small = f"{describe_input(self, 1, inputs[1])}, {describe_input(self, 0, inputs[0])}"
            begin = f" from {first} on" if self.offset is not None else ""
            message = f"{small}: a {name} of {kept}{begin} does not fit in {there}"
            return ShapeError(message, "swap the inputs or choose others: the first is cut to the second's size",
                              field="inputs", code="NS202")  # fmt: skip
        if self.size is not None:
            begin = f" from {first} on" if self.offset is not None else ""
            message = f"a {name} of {kept}{begin} does not fit in {there}"
            return ShapeError(message, f"use a size ≤ {there}", field="size", code="NS203")
        message = f"sides take {there - kept} of the {name} {there} and leave nothing"
        return ShapeError(message, "cut off less", field="sides", code="NS203")
