"""Binary cross-entropy of targets in 0 … 1 with the sigmoid of logits."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import DoublesOut, In, Ints, Kernel, Out, cast, inlined, kernel, span
from netspec.kernels.constants import double, doubles
from netspec.kernels.elementary import exp, softplus
from netspec.layers.base import Shape, ShapeError, volume
from netspec.losses.base import Link, LossIo, TargetKind
from netspec.losses.elementwise import ElementwiseLoss


@inlined
def checked(t: float) -> float:
    """A target of 0 … 1; NaN for any other, whose loss would have no lower bound."""
    return t if 0 <= t <= 1 else math.nan


@kernel
def bce_targets(chunk: int, chunks: int, labels: Ints, target: Out, n: int) -> None:
    """Class labels as numbers, not yet checked."""
    first, last = span(chunk, chunks, n)
    for i in range(first, last):
        target[i] = labels[i]


@kernel
def bce_value(
    chunk: int, chunks: int, x: In, target: In, partials: DoublesOut, items: int, pos_weights: Ints, channels: int
) -> None:
    first, last = span(chunk, chunks, items)
    total = 0.0
    for i in range(first, last):
        for c in range(channels):
            z, t = float(x[i * channels + c]), checked(float(target[i * channels + c]))
            total += (1.0 - t) * z + (1.0 + (double(pos_weights, c) - 1.0) * t) * softplus(-z)
    partials[2 * chunk] = total
    partials[2 * chunk + 1] = (last - first) * channels


@kernel
def bce_gradient(
    chunk: int, chunks: int, x: In, target: In, dx: Out, items: int, scale: float, pos_weights: Ints, channels: int
) -> None:
    first, last = span(chunk, chunks, items)
    one = cast(x, 1)
    for i in range(first, last):
        for c in range(channels):
            z, t = x[i * channels + c], cast(x, checked(target[i * channels + c]))
            e = exp(-abs(z))
            near, far = one / (one + e), e / (one + e)  # sigmoid(|z|), sigmoid(−|z|)
            p, q = (near, far) if z > 0 else (far, near)
            dx[i * channels + c] = scale * ((one - t) * p - cast(x, double(pos_weights, c)) * t * q)


class BinaryLoss(ElementwiseLoss):
    """Base of losses of independent yes-or-no logits, with labels for one logit or numbers for all."""

    for_classes: ClassVar[str] = "cross_entropy"
    """The loss of one logit a class."""

    targets: Literal["class", "dense"] = "class"
    """class: one logit and labels 0 or 1; dense: as many targets, 0 … 1, as logits."""

    @property
    def target_kind(self) -> TargetKind:
        return self.targets

    @property
    def link(self) -> Link | None:
        return "sigmoid"

    def check(self, shape: Shape, classes: int | None) -> None:
        kind = self.type_name()
        if self.targets == "dense":
            if classes is not None:
                raise ShapeError(
                    f'{kind} with targets = "dense" reads numbers, the data has labels of {classes} classes',
                    f'set targets = "class" and one logit, or use {self.for_classes}', field="targets",
                )
            return
        if shape[0] != 1:
            raise ShapeError(
                f'{kind} with targets = "class" reads one logit, the output is {list(shape)}',
                f'end with one output, or use {self.for_classes}, or set targets = "dense"',
            )
        if classes not in (None, 2):
            raise ShapeError(f"{kind} tells two classes apart, the data has {classes}", f"use {self.for_classes}")

    def settings(self, shape: Shape) -> dict[str, Any]:
        """What both kernels take beside x and target."""
        raise NotImplementedError

    def items(self, elements: int, shape: Shape) -> int:
        """Units of work of the kernels."""
        return elements

    def emit(self, io: LossIo) -> None:
        elements = io.n * volume(io.x_shape)
        target = io.target
        if self.targets == "class":
            target = io.workspace("targets", elements)
            io.call(bce_targets, chunks=io.chunks(elements, 1), labels=io.target, target=target, n=elements)
        self.emit_calls(io, target, self.items(elements, io.x_shape), self.settings(io.x_shape))


class BCEWithLogits(BinaryLoss):
    """Binary cross-entropy of targets in 0 … 1 with the sigmoid of logits.

    p = 1 / (1 + exp(−x));  f = −w·t·log p − (1−t)·log(1−p), w = pos_weight;  loss = Σ f / E  over all E elements
    f is computed as (1−t)·x + (1 + (w−1)·t)·log(1 + exp(−x)) without overflow: logits of ±1e4 are fine
    dx = ((1−t)·p − w·t·(1−p)) / E
    x: logits, not probabilities. targets = "class": one logit, (N, 1) or (N, 1, H, W), with int64 labels 0 or 1, as
    data with two classes has them. targets = "dense": numbers 0 … 1 of the shape of x, one independent yes or no an
    element. A target outside makes the value and that element's gradient NaN.
    Raises ShapeError when output, data and pos_weight do not fit.  Source: Bishop 2006, §4.3.2; pos_weight: PyTorch.
    """

    type: Literal["bce_with_logits"] = "bce_with_logits"
    aliases: ClassVar[tuple[str, ...]] = ("bce", "binary_cross_entropy", "binary_crossentropy", "BCEWithLogitsLoss")
    value_kernel: ClassVar[Kernel] = bce_value
    gradient_kernel: ClassVar[Kernel] = bce_gradient
    cost: ClassVar[float] = 32.0

    pos_weight: Annotated[float, Field(gt=0)] | tuple[Annotated[float, Field(gt=0)], ...] = 1.0
    """Factor of the positive answers: one number, or one for each of the C features or channels."""

    def check(self, shape: Shape, classes: int | None) -> None:
        super().check(shape, classes)
        if isinstance(self.pos_weight, tuple) and len(self.pos_weight) != shape[0]:
            raise ShapeError(
                f"pos_weight has {len(self.pos_weight)} numbers, the output {list(shape)} has {shape[0]} channels",
                f"give one number, or {shape[0]}", field="pos_weight",
            )

    def expected_initial(self, shape: Shape) -> float | None:
        return math.log(2) if self.pos_weight == 1 else None

    def settings(self, shape: Shape) -> dict[str, Any]:
        weights = self.pos_weight if isinstance(self.pos_weight, tuple) else (self.pos_weight,) * shape[0]
        return {"pos_weights": doubles(weights), "channels": shape[0]}

    def items(self, elements: int, shape: Shape) -> int:
        return elements // shape[0]
