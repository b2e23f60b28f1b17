"""Focal loss: cross-entropy that pays little attention to what is already known."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import Doubles, DoublesOut, In, Ints, Out, cast, inlined, kernel, span
from netspec.kernels.constants import double, doubles
from netspec.kernels.elementary import exp
from netspec.kernels.reductions import add_partials
from netspec.layers.base import Shape, volume
from netspec.losses.base import Link, LossIo
from netspec.losses.class_loss import ClassLoss

GAMMA, ALPHAS = 0, 1
"""Places in the table of constants: γ, then the factors of the C classes."""


@inlined
def focal_term(x: In, start: int, classes: int, y: int) -> tuple[float, float, float]:
    """max x; Σ exp(x − max) over the classes other than y, without the cancellation of 1 − p; and exp(x_y − max)."""
    most = x[start]
    for c in range(1, classes):
        most = max(most, x[start + c])
    others = 0.0
    for c in range(classes):
        if c != y:
            others += exp(float(x[start + c]) - float(most))
    return most, others, exp(float(x[start + y]) - float(most))


@inlined
def focal_log(x: In, start: int, y: int, most: float, others: float, own: float) -> float:
    """−log p_y, also for p_y next to 1 and next to 0."""
    if own > others:
        return math.log1p(others / own)
    return float(most) - float(x[start + y]) + math.log(own + others)


@kernel
def focal_value(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int, partials: DoublesOut,
    positions: int, classes: int,
) -> None:
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
        most, others, own = focal_term(x, start, classes, y)
        q = others / (own + others)
        loss += double(table, ALPHAS + y) * q ** double(table, GAMMA) * focal_log(x, start, y, most, others, own)
    partials[2 * chunk] = loss
    partials[2 * chunk + 1] = weight


@kernel
def focal_gradient(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int, value: Doubles, dx: Out,
    positions: int, classes: int, factor: float,
) -> None:
    first, last = span(chunk, chunks, positions)
    scale = factor / value[1] if value[1] > 0 else 0.0
    gamma = double(table, GAMMA)
    for i in range(first, last):
        start, y = i * classes, labels[i]
        if y == ignored or y < 0 or y >= classes:
            for c in range(classes):
                dx[start + c] = cast(dx, 0.0 if y == ignored else math.nan)
            continue
        most, others, own = focal_term(x, start, classes, y)
        total = own + others
        q = others / total
        log_over_q = focal_log(x, start, y, most, others, own) / q if q != 0 else 1.0  # −log(1 − q) / q → 1
        h = scale * double(table, ALPHAS + y) * q ** gamma * (1.0 + gamma * own / total * log_over_q)
        for c in range(classes):
            dx[start + c] = cast(dx, h * exp(float(x[start + c]) - float(most)) / total)
        dx[start + y] = cast(dx, -h * q)


class Focal(ClassLoss):
    """Focal loss: cross-entropy that pays little attention to what is already known.

    p = softmax(x) over C, y the label;  ℓ = α_y·(1 − p_y)^γ·(−log p_y);  loss = Σ ℓ / n  over the n samples, or
    pixels, whose label is not ignore_index;  γ = 0: cross-entropy, but with α never in the divisor
    x: (N, C) or (N, C, H, W) logits; target: int64 labels (N,) or (N, H, W)
    dx_c = h·(p_c − [c = y]) / n,  h = α_y·((1 − p_y)^γ − γ·(1 − p_y)^(γ−1)·p_y·log p_y);  0 where ignored
    A label outside 0 … C−1 makes the value and that sample's gradient NaN. One yes or no an output: sigmoid_focal.
    Raises ShapeError for outputs that are not C logits.  Source: Lin et al. 2017, arXiv:1708.02002, eq. 5.
    """

    type: Literal["focal"] = "focal"
    aliases: ClassVar[tuple[str, ...]] = ("FocalLoss", "focal_loss", "categorical_focal_crossentropy")
    weights_key: ClassVar[str] = "alpha"
    for_one_output: ClassVar[str] = "sigmoid_focal"

    gamma: float = Field(default=2.0, ge=0)
    """How fast the weight of a sample falls as its class becomes certain; 0: not at all."""
    alpha: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    """One factor a class, for classes of unequal size; default: all 1."""

    @property
    def link(self) -> Link | None:
        return "softmax"

    def expected_initial(self, shape: Shape) -> float | None:
        return None if self.alpha else (1 - 1 / shape[0]) ** self.gamma * math.log(shape[0])

    def emit(self, io: LossIo) -> None:
        classes = io.x_shape[0]
        positions = io.n * volume(io.x_shape) // classes
        chunks = io.chunks(positions, 32.0 * classes + 64, by_sample=True)
        table = doubles([self.gamma, *(self.alpha or (1.0,) * classes)])
        partials = io.workspace("partials", 2 * chunks, "double")
        io.call(focal_value, chunks=chunks, x=io.x, labels=io.target, table=table, ignored=self.ignored,
                partials=partials, positions=positions, classes=classes)
        io.call(add_partials, partials=partials, total=io.value, parts=chunks, width=2)
        if io.dx is not None:
            io.call(focal_gradient, chunks=chunks, x=io.x, labels=io.target, table=table, ignored=self.ignored,
                    value=io.value, dx=io.dx, positions=positions, classes=classes, factor=self.weight)
