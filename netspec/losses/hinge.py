"""Hinge loss: the score of the right class shall beat all others by a margin."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import Doubles, DoublesOut, In, Ints, Out, cast, kernel, span
from netspec.kernels.calls import ArgumentValue
from netspec.kernels.constants import double, doubles
from netspec.kernels.reductions import add_partials
from netspec.layers.base import Shape, ShapeError, volume
from netspec.losses.base import LossIo
from netspec.losses.class_loss import ClassLoss

MARGIN, WEIGHTS = 0, 1
"""Places in the table of constants: the margin, then the class weights."""


@kernel
def hinge_value(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int, partials: DoublesOut,
    positions: int, classes: int, power: int,
) -> None:
    """Of one score a class."""
    first, last = span(chunk, chunks, positions)
    loss, weight = 0.0, 0
    for i in range(first, last):
        start, y = i * classes, labels[i]
        if y == ignored:
            continue
        weight += 1
        if y < 0 or y >= classes:
            loss = math.nan
            continue
        w = double(table, WEIGHTS + y) / classes
        for c in range(classes):
            z = double(table, MARGIN) - float(x[start + y]) + float(x[start + c])
            if c != y and not z <= 0:  # NaN, too
                loss += w * (z if power == 1 else z * z)
    partials[2 * chunk] = loss
    partials[2 * chunk + 1] = weight


@kernel
def hinge_gradient(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int, value: Doubles, dx: Out,
    positions: int, classes: int, power: int, factor: float,
) -> None:
    first, last = span(chunk, chunks, positions)
    scale = factor / value[1] if value[1] > 0 else 0.0
    for i in range(first, last):
        start, y = i * classes, labels[i]
        if y == ignored or y < 0 or y >= classes:
            for c in range(classes):
                dx[start + c] = cast(dx, 0.0 if y == ignored else math.nan)
            continue
        w = scale * double(table, WEIGHTS + y) / classes
        pull = 0.0
        for c in range(classes):
            z = double(table, MARGIN) - float(x[start + y]) + float(x[start + c])
            d = 0.0
            if c != y and not z <= 0:
                d = w * (2.0 * z if power == 2 else (1.0 if z > 0 else z))
            dx[start + c] = cast(dx, d)
            pull += d
        dx[start + y] = cast(dx, -pull)


@kernel
def binary_hinge_value(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int, partials: DoublesOut,
    positions: int, power: int,
) -> None:
    """Of one score: the label 1 wants it above the margin, the label 0 below minus the margin."""
    first, last = span(chunk, chunks, positions)
    loss, weight = 0.0, 0
    for i in range(first, last):
        y = labels[i]
        if y == ignored:
            continue
        weight += 1
        if y < 0 or y > 1:
            loss = math.nan
            continue
        z = double(table, MARGIN) - (2 * y - 1) * float(x[i])
        if not z <= 0:
            loss += double(table, WEIGHTS + y) * (z if power == 1 else z * z)
    partials[2 * chunk] = loss
    partials[2 * chunk + 1] = weight


@kernel
def binary_hinge_gradient(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int, value: Doubles, dx: Out,
    positions: int, power: int, factor: float,
) -> None:
    first, last = span(chunk, chunks, positions)
    scale = factor / value[1] if value[1] > 0 else 0.0
    for i in range(first, last):
        y, d = labels[i], 0.0
        if y < 0 or y > 1:
            dx[i] = cast(dx, 0.0 if y == ignored else math.nan)
            continue
        if y != ignored:
            z = double(table, MARGIN) - (2 * y - 1) * float(x[i])
            if not z <= 0:
                d = (2.0 * z if power == 2 else (1.0 if z > 0 else z)) * double(table, WEIGHTS + y)
        dx[i] = cast(dx, -scale * (2 * y - 1) * d)


class Hinge(ClassLoss):
    """Hinge loss: the score of the right class shall beat all others by a margin.

    C scores: ℓ = w_y · Σ_{c≠y} max(0, margin − x_y + x_c)^p / C;  one score: ℓ = w_y · max(0, margin − s·x)^p, s = +1
    for the label 1 and −1 for 0;  loss = Σ ℓ / n  over the n samples, or pixels, whose label is not ignore_index
    x: (N, C), (N, C, H, W), (N, 1) or (N, 1, H, W) scores; target: int64 labels (N,) or (N, H, W)
    p = 1: dx_c = w_y / (C·n) where the margin is not kept, dx_y = −Σ_{c≠y} dx_c; p = 2: times twice what is missing.
    0 at the kink. A label that is no class makes the value and that sample's gradient NaN.
    Raises ShapeError for outputs that are no scores of the data's classes.  Source: Weston & Watkins 1999, ESANN
    (the sum over the classes; Crammer & Singer 2001, JMLR 2, take its greatest term); as PyTorch's MultiMarginLoss.
    """

    type: Literal["hinge"] = "hinge"
    aliases: ClassVar[tuple[str, ...]] = (
        "MultiMarginLoss", "multi_margin", "categorical_hinge", "squared_hinge", "svm", "HingeLoss",
    )  # fmt: skip
    reads: ClassVar[str] = "score"

    p: Literal[1, 2] = 1
    """Power of what is missing to the margin; 2: the squared hinge loss."""
    margin: float = Field(default=1.0, gt=0)
    """By how much the right class shall win."""
    class_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    """One factor a class; two for one score. They are not in the divisor. Default: all 1."""

    def _check_one_output(self, classes: int | None, key: str) -> None:
        if classes not in (None, 2):
            raise ShapeError(
                f"hinge with one score tells two classes apart, the data has {classes}", f"set {key} = {classes}"
            )

    def expected_initial(self, shape: Shape) -> float | None:
        if self.class_weights is not None:
            return None
        return float(self.margin**self.p * (1 if shape[0] == 1 else 1 - 1 / shape[0]))

    def emit(self, io: LossIo) -> None:
        classes = io.x_shape[0]
        positions = io.n * volume(io.x_shape) // classes
        chunks = io.chunks(positions, 8.0 * classes, by_sample=True)
        table = doubles([self.margin, *(self.class_weights or (1.0,) * max(2, classes))])
        partials = io.workspace("partials", 2 * chunks, "double")
        value, gradient = (hinge_value, hinge_gradient) if classes > 1 else (binary_hinge_value, binary_hinge_gradient)
        sizes = {"positions": positions, "power": self.p} | ({"classes": classes} if classes > 1 else {})
        shared: dict[str, ArgumentValue] = {"x": io.x, "labels": io.target, "table": table, "ignored": self.ignored, **sizes}
        io.call(value, chunks=chunks, partials=partials, **shared)
        io.call(add_partials, partials=partials, total=io.value, parts=chunks, width=2)
        if io.dx is not None:
            io.call(gradient, chunks=chunks, value=io.value, dx=io.dx, factor=self.weight, **shared)
