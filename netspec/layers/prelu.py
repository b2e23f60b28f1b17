"""Parametric rectified linear unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.initializers.constant import Constant
from netspec.kernels.abi import Doubles, DoublesOut, In, Out, in_place_kernel, kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.columns import tile, tile_width
from netspec.layers.base import Family, Io, Layer, Parameter, Shape, ShapeError


@in_place_kernel(("x", "y"))
def prelu_forward(chunk: int, chunks: int, x: In, slopes: In, y: Out, channels: int) -> None:
    """slopes: tiled; a chunk is a range of rows."""
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, slopes.size):
        stop = min(start + slopes.size, last * channels)
        a, b = x[start:stop], y[start:stop]
        for j in range(b.size):
            b[j] = a[j] * slopes[j] if a[j] < 0 else a[j]


@in_place_kernel(("dy", "dx"), ("x", "dx"))
def prelu_backward(chunk: int, chunks: int, x: In, slopes: In, dy: In, dx: Out, channels: int) -> None:
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, slopes.size):
        stop = min(start + slopes.size, last * channels)
        a, d, e = x[start:stop], dy[start:stop], dx[start:stop]
        for j in range(e.size):
            e[j] = d[j] * slopes[j] if a[j] <= 0 else d[j]


@kernel
def prelu_slope_sums(chunk: int, chunks: int, x: In, dy: In, sums: DoublesOut, width: int, channels: int) -> None:
    """sums (chunks, width): Σ dy · min(x, 0) over the chunk's rows."""
    total = sums[chunk * width : (chunk + 1) * width]
    total[:] = 0
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, width):
        stop = min(start + width, last * channels)
        a, d = x[start:stop], dy[start:stop]
        for j in range(a.size):
            total[j] += 0.0 if a[j] > 0 else float(a[j]) * float(d[j])


@kernel
def prelu_slope_gradient(chunk: int, chunks: int, sums: Doubles, dw: Out, channels: int) -> None:
    """Add the sums of all chunks and tiles, in order, to the one slope or the slope of their channel."""
    for k in range(dw.size):
        total = 0.0
        step = dw.size if dw.size == channels else 1
        for j in range(k, sums.size, step):
            total += sums[j]
        dw[k] = total


class PReLU(Layer):
    """Parametric rectified linear unit: a leaky one whose slopes are learned.

    y = x where x > 0, else a_c x, with one slope a for each channel c or for all.
    x: (N, C, H, W) or (N, F) → y: the same.
    dx = dy where x > 0, else a_c dy;  da_c = Σ dy x over the x < 0 of channel c.
    Raises ShapeError when num_parameters is neither 1 nor the channels.
    Source: He et al. 2015, arXiv:1502.01852, §2.1.
    """

    family: ClassVar[Family] = "activation"
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {"keras": {"init": 0.0}}
    type: Literal["prelu"] = "prelu"
    num_parameters: int = Field(default=1, ge=1)
    """1: one slope for all; the number of channels: one for each."""
    init: float = 0.25
    """Initial slope."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels = inputs[0][0]
        if self.num_parameters not in (1, channels):
            raise ShapeError(
                f"num_parameters {self.num_parameters} does not fit {channels} channels",
                f"use num_parameters = {channels}, or 1 for one slope for all", field="num_parameters",
            )  # fmt: skip
        return inputs[0]

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        return [Parameter("weight", (self.num_parameters,), Constant(value=self.init), decays=False)]

    def _tiled_slopes(self, io: Io, channels: int) -> Ref:
        slopes = io.workspace("slopes", tile_width(channels))
        io.call(tile, x=io.parameters["weight"], y=slopes)
        return slopes

    def forward(self, io: Io) -> None:
        channels = io.y_shape[0]
        chunks = io.chunks(io.y.size // channels, channels)
        slopes = self._tiled_slopes(io, channels)
        io.call(prelu_forward, chunks=chunks, x=io.x[0], slopes=slopes, y=io.y, channels=channels)

    def backward(self, io: Io) -> None:
        channels, x, dy = io.y_shape[0], io.x[0], io.dy
        chunks, width = io.chunks(io.y.size // channels, 2 * channels), tile_width(channels)
        if (dw := io.gradients["weight"]) is not None:
            sums = io.workspace("sums", chunks * width, "double")
            io.call(prelu_slope_sums, chunks=chunks, x=x, dy=dy, sums=sums, width=width, channels=channels)
            io.call(prelu_slope_gradient, sums=sums, dw=dw, channels=channels)
        if (dx := io.dx[0]) is not None:
            slopes = self._tiled_slopes(io, channels)
            io.call(prelu_backward, chunks=chunks, x=x, slopes=slopes, dy=dy, dx=dx, channels=channels)
