"""Smooth L1: quadratic near 0, linear further out."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import DoublesOut, In, Ints, Kernel, Out, cast, kernel, span
from netspec.kernels.constants import double, doubles
from netspec.layers.base import volume
from netspec.losses.base import LossIo
from netspec.losses.elementwise import ElementwiseLoss


@kernel
def smooth_l1_value(
    chunk: int, chunks: int, x: In, target: In, partials: DoublesOut, items: int, settings: Ints
) -> None:
    first, last = span(chunk, chunks, items)
    x, target, beta = x[first:last], target[first:last], double(settings, 0)
    total, factor = 0.0, double(settings, 1)
    for i in range(x.size):
        d = abs(float(x[i]) - float(target[i]))
        total += 0.5 * d * d / beta if d < beta else d - 0.5 * beta
    partials[2 * chunk] = factor * total
    partials[2 * chunk + 1] = x.size


@kernel
def smooth_l1_gradient(
    chunk: int, chunks: int, x: In, target: In, dx: Out, items: int, scale: float, settings: Ints
) -> None:
    first, last = span(chunk, chunks, items)
    x, target, dx = x[first:last], target[first:last], dx[first:last]
    beta, scale = cast(x, double(settings, 0)), scale * cast(x, double(settings, 1))
    for i in range(x.size):
        d = x[i] - target[i]
        dx[i] = scale if d >= beta else (-scale if d <= -beta else scale * d / beta)


class SmoothL1(ElementwiseLoss):
    """Smooth L1: quadratic near 0, linear further out.

    d = x − t;  f = d² / 2β where |d| < β, else |d| − β/2;  loss = Σ f / E  over all E elements of the batch
    dx = d / β within ±β, else sign(d); all / E
    x: any shape; target: numbers of the same shape. huber with δ = β is β times greater.
    Raises ShapeError for data with class labels.  Source: Girshick 2015, Fast R-CNN, arXiv:1504.08083, eq. 3.
    """

    type: Literal["smooth_l1"] = "smooth_l1"
    aliases: ClassVar[tuple[str, ...]] = ("SmoothL1Loss",)
    value_kernel: ClassVar[Kernel] = smooth_l1_value
    gradient_kernel: ClassVar[Kernel] = smooth_l1_gradient

    beta: float = Field(default=1.0, gt=0)
    """Where the parabola meets the straight lines; for 0 use l1."""

    def emit(self, io: LossIo) -> None:
        self.emit_calls(io, io.target, io.n * volume(io.x_shape), {"settings": doubles([self.beta, 1])})
