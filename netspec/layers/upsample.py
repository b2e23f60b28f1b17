"""Pictures in another size by interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.kernels.calls import Table
from netspec.kernels.enlarge import ENTRY, bilinear_forward, enlarge_backward, nearest_forward
from netspec.layers.base import Family, Io, Layer, Move, Shape, ShapeError
from netspec.window_fields import LARGEST, SizeOrNone, pair
from netspec.windows import check_picture

Factor = Annotated[float, Field(gt=0, le=1024)]


class Upsample(Layer):
    """The picture in another size, larger or smaller: each output pixel from the input pixels around its place.

    Along each side, with S input and S' output pixels and the ratio ρ = S/S' (or 1/scale when that is given):
    y[i] = x[floor(i·ρ)]  for mode "nearest";  (1 − λ)·x[⌊p⌋] + λ·x[⌊p⌋ + 1]  for "bilinear", λ = p − ⌊p⌋, with
    p = max(0, (i + ½)·ρ − ½), or i·(S − 1)/(S' − 1) with align_corners; pixels behind the last are the last.
    x: (N, C, H, W) → y: (N, C, H', W'), H' = floor(H·scale) or as `size` says.
    dx: each dy shared out among the pixels it came from.  These are the numbers of PyTorch's F.interpolate.
    Raises ShapeError for vectors and when no pixel is left.
    """

    family: ClassVar[Family] = "shape"
    aliases: ClassVar[tuple[str, ...]] = (
        "Upsample", "UpSampling2D", "upsampling", "interpolate", "Interp", "interp", "resize", "Resize", "Resizing",
        "UpsamplingBilinear2d", "UpsamplingNearest2d", "unpool", "resize2dLayer",
    )  # fmt: skip
    type: Literal["upsample"] = "upsample"
    scale: Factor | tuple[Factor, Factor] | None = None
    """How many times as high and wide: 2, 0.5 or [2, 1]; or say `size`."""
    size: SizeOrNone = None
    """Height and width of the output: 64 or [64, 48]."""
    mode: Literal["nearest", "bilinear"] = "nearest"
    """Copies of the nearest pixel, or straight lines between pixels."""
    align_corners: bool = False
    """Bilinear only: the centres of the corner pixels stay the corners, instead of the picture's edges."""

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.scale is None) == (self.size is None):
            given = "both scale and size are" if self.size is not None else "neither scale nor size is"
            raise ValueError(f"{given} given; say one of them, e.g. scale = 2")
        if self.align_corners and self.mode == "nearest":
            raise ValueError('align_corners belongs to mode = "bilinear"; remove it or change the mode')
        return self

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        check_picture(inputs[0])
        sizes = self._sizes(inputs[0])
        for value, name, old in zip(sizes, ("height", "width"), inputs[0][1:], strict=True):
            if not 1 <= value <= LARGEST:
                raise ShapeError(
                    f"scale {self.scale} makes the {name} {old} into {value}", f"use a scale that gives 1 … {LARGEST} pixels",
                    field="scale", code="NS203",
                )  # fmt: skip
        return inputs[0][0], *sizes

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        height, width = (self._move(ratio) for ratio in self._ratios(inputs[0], (inputs[0][0], *self._sizes(inputs[0]))))
        return height, width

    def _move(self, ratio: Fraction) -> Move:
        first = (ratio - 1) // 2 if self.mode == "bilinear" and not self.align_corners else 0
        return Move(first, 1 + (self.mode == "bilinear"), ratio.numerator, ratio.denominator)

    def forward(self, io: Io) -> None:
        (channels, height, width), (_, out_height, out_width) = io.x_shapes[0], io.y_shape
        (down, down_unit), (across, across_unit) = self._tables(io)
        sizes = {"n": io.n, "height": height, "width": width, "channels": channels}
        rows, line = io.n * out_height, out_width * channels
        if self.mode == "nearest":
            chunks = io.chunks(rows, line, by_sample=True)
            io.call(nearest_forward, chunks=chunks, x=io.x[0], y=io.y, down=down, across=across, **sizes)
            return
        io.call(
            bilinear_forward, chunks=io.chunks(rows, 2 * line, by_sample=True), x=io.x[0], y=io.y,
            between=io.scratch(width * channels), down=down, across=across, down_unit=down_unit, across_unit=across_unit,
            **sizes,
        )  # fmt: skip

    def backward(self, io: Io) -> None:
        dx = io.dx[0]
        if dx is None:
            return
        (channels, height, width), (_, out_height, out_width) = io.x_shapes[0], io.y_shape
        (down, down_unit), (across, across_unit) = self._tables(io)
        cost = (2 * out_height / height + 1) * out_width * channels
        io.call(
            enlarge_backward, chunks=io.chunks(io.n * height, cost, by_sample=True), dy=io.dy, dx=dx,
            between=io.scratch(out_width * channels), down=down, across=across, reach=_reach(down, height),
            down_unit=down_unit, across_unit=across_unit, n=io.n, height=height, width=width, channels=channels,
        )  # fmt: skip

    def _sizes(self, shape: Shape) -> tuple[int, int]:
        if self.size is not None:
            return pair(self.size)
        scales = self._scales()
        return int(shape[1] * scales[0]), int(shape[2] * scales[1])

    def _scales(self) -> tuple[Fraction, Fraction]:
        """The scale as written, e.g. 0.1 as 1/10, for height and width."""
        assert self.scale is not None
        high, wide = self.scale if isinstance(self.scale, tuple) else (self.scale, self.scale)
        return Fraction(str(high)), Fraction(str(wide))

    def _tables(self, io: Io) -> tuple[tuple[Table, int], tuple[Table, int]]:
        """Table and denominator for height and width; see `kernels/enlarge.py`."""
        ratios = self._ratios(io.x_shapes[0], io.y_shape)
        sides = zip(io.x_shapes[0][1:], io.y_shape[1:], ratios, strict=True)
        height, width = (self._table(old, new, ratio) for old, new, ratio in sides)
        return height, width

    def _ratios(self, shape: Shape, output: Shape) -> list[Fraction]:
        """Input pixels for each output pixel, for height and width."""
        if self.scale is not None:
            return [1 / scale for scale in self._scales()]
        return [Fraction(old, new) for old, new in zip(shape[1:], output[1:], strict=True)]

    def _table(self, old: int, new: int, ratio: Fraction) -> tuple[Table, int]:
        i, p, q = np.arange(new), ratio.numerator, ratio.denominator
        if self.mode == "nearest":
            places, unit = i * p // q, 1
        elif self.align_corners:
            places, unit = i * (old - 1), max(1, new - 1)
        else:
            places, unit = np.maximum(0, (2 * i + 1) * p - q), 2 * q
        low = np.minimum(places // unit, old - 1)
        high = np.minimum(low + 1, old - 1) if self.mode == "bilinear" else low
        return np.stack([low, high, places % unit], axis=1).reshape(-1).astype(np.int64), unit


def _reach(table: Table, size: int) -> Table:
    """For each of `size` input rows the first and behind the last output row that reads it; both rise with the rows."""
    low, high = table[0::ENTRY], table[1::ENTRY]
    rows = np.arange(size)
    first, last = np.searchsorted(high, rows, side="left"), np.searchsorted(low, rows, side="right")
    return np.stack([first, np.maximum(first, last)], axis=1).reshape(-1).astype(np.int64)
