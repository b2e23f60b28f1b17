"""A range of channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.layers.base import Family, Io, Layer, Move, Shape, ShapeError
from netspec.layers.cutting import Corner, call_cut_out, call_surround


class Slice(Layer):
    """The channels start … stop − 1 of pictures; for vectors the elements. Several slices of one layer split it.

    y[:, c] = x[:, start + c];  dx: dy there, 0 elsewhere
    x: (N, C, H, W) → y: (N, stop − start, H, W);  x: (N, F) → y: (N, stop − start). Negative numbers count from the end.
    Raises ShapeError when the range is empty or reaches outside.
    Source: Ma et al. 2018, ECCV, arXiv:1807.11164 (channel split).
    """

    family: ClassVar[Family] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("Slice", "narrow", "split", "Split", "channel_split", "chunk")
    type: Literal["slice"] = "slice"
    start: int = Field(default=0, ge=-65_536, le=65_536)
    """First channel; -8: the eighth from the end."""
    stop: int | None = Field(default=None, ge=-65_536, le=65_536)
    """Channel behind the last; default: the end. -8: without the last eight."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels = inputs[0][0]
        first, last = self._range(channels)
        if not 0 <= first < last <= channels:
            stop = "the end" if self.stop is None else self.stop
            raise ShapeError(
                f"channels {self.start} to {stop} of {channels} are {_count(first, last)}",
                f"use 0 ≤ start < stop ≤ {channels}", field="start" if self.stop is None else "stop", code="NS203",
            )  # fmt: skip
        return (last - first, *inputs[0][1:])

    def moves(self, inputs: Sequence[Shape]) -> tuple[Move, Move]:
        return Move(), Move()

    def forward(self, io: Io) -> None:
        call_cut_out(io, io.x[0], io.x_shapes[0], io.y, io.y_shape, self._corner(io))

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            call_surround(io, io.dy, io.y_shape, io.dx[0], io.x_shapes[0], self._corner(io))

    def _corner(self, io: Io) -> Corner:
        return 0, 0, self._range(io.x_shapes[0][0])[0]

    def _range(self, channels: int) -> tuple[int, int]:
        """First channel and the one behind the last."""
        stop = channels if self.stop is None else self.stop
        return self.start + channels * (self.start < 0), stop + channels * (stop < 0)


def _count(first: int, last: int) -> str:
    return "none" if last <= first else "not all there"
