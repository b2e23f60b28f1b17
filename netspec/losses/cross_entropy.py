"""Cross-entropy of class labels, or of class probabilities, with the softmax of logits."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.kernels.abi import Doubles, DoublesOut, In, Ints, Out, cast, kernel, span
from netspec.kernels.constants import double, doubles
from netspec.kernels.elementary import exp
from netspec.kernels.reductions import add_partials
from netspec.layers.base import Shape, volume
from netspec.losses.base import Array, Link, LossIo, TargetKind
from netspec.losses.class_loss import ClassLoss, softmax_norm
from netspec.losses.soft_targets import as_probabilities, emit_soft_targets

HARD, SOFT, SOFT_TOTAL, WEIGHTS = 0, 1, 2, 3
"""Places in the table of constants: 1 − ε, ε/C, ε/C · Σ_c w_c, then the C class weights."""


@kernel
def cross_entropy_value(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int,
    norms: DoublesOut, partials: DoublesOut, positions: int, classes: int,
) -> None:
    first, last = span(chunk, chunks, positions)
    loss = weight = 0.0
    for i in range(first, last):
        start, y = i * classes, labels[i]
        most, total = softmax_norm(x, start, classes)
        norms[2 * i] = most
        norms[2 * i + 1] = total
        if y == ignored:
            continue
        if y < 0 or y >= classes:
            loss = math.nan  # a label that is none: never read out of bounds, never pass for a loss
            continue
        w = double(table, WEIGHTS + y)
        log_total = math.log(total)
        loss += double(table, HARD) * w * (most - float(x[start + y]) + log_total)
        weight += w
        if double(table, SOFT) > 0:
            for c in range(classes):
                all_classes = double(table, SOFT) * double(table, WEIGHTS + c)
                loss += all_classes * (most - float(x[start + c]) + log_total)
    partials[2 * chunk] = loss
    partials[2 * chunk + 1] = weight


@kernel
def cross_entropy_gradient(
    chunk: int, chunks: int, x: In, labels: Ints, table: Ints, ignored: int,
    norms: Doubles, value: Doubles, dx: Out, positions: int, classes: int, factor: float,
) -> None:
    first, last = span(chunk, chunks, positions)
    scale = factor / value[1] if value[1] > 0 else 0.0
    soft = scale * double(table, SOFT)
    for i in range(first, last):
        start, y = i * classes, labels[i]
        if y == ignored or y < 0 or y >= classes:
            for c in range(classes):
                dx[start + c] = cast(dx, 0.0 if y == ignored else math.nan)
            continue
        most, total = cast(x, norms[2 * i]), norms[2 * i + 1]
        hard = scale * double(table, HARD) * double(table, WEIGHTS + y)
        both = hard + scale * double(table, SOFT_TOTAL)
        share = cast(x, both / total)
        row, row_dx = x[start:start + classes], dx[start:start + classes]
        for c in range(row.size):
            row_dx[c] = exp(row[c] - most) * share
        if soft > 0:
            for c in range(classes):
                row_dx[c] -= cast(x, soft * double(table, WEIGHTS + c))
        # In float64, because p − 1 of a sure network would lose all its digits in float32.
        p = exp(float(x[start + y]) - float(most)) / total
        dx[start + y] = cast(x, both * p - hard - soft * double(table, WEIGHTS + y))


class CrossEntropy(ClassLoss):
    """Cross-entropy of class labels, or of class probabilities, with the softmax of logits.

    p = softmax(x) over C;  ℓ = (1−ε)·w_y·(−log p_y) + (ε/C)·Σ_c w_c·(−log p_c);  label y, smoothing ε, class weights w
    loss = Σ ℓ / Σ w_y  over the samples, or over all pixels, whose label is not ignore_index
    x: (N, C) or (N, C, H, W) logits, not probabilities; target: int64 labels (N,) or (N, H, W) in 0 … C−1
    dx = [ p_c·((1−ε)·w_y + (ε/C)·Σ_k w_k) − (1−ε)·w_y·[c = y] − (ε/C)·w_c ] / Σ w_y;  0 where ignored
    With targets = "probabilities" t of the shape of x: u_c = w_c·((1−ε)·t_c + ε/C), loss = Σ Σ_c u_c·(−log p_c) / n over
    all n samples or pixels, also with class weights, as PyTorch;  dx = [ p_c·Σ_k u_k − u_c ] / n. Labels are read as
    probabilities 0 and 1. A negative target makes the value and that sample's gradient NaN.
    The largest logit is subtracted before exp, sums are float64, so logits of ±1e4 are fine. A batch without any weight
    has [sum, weight] = [0, 0] and gradient 0. A label outside 0 … C−1 makes the value and that sample's gradient NaN:
    data checks refuse it before training; here it can neither read foreign memory nor pass unnoticed.
    Raises ShapeError for outputs that are not C logits.  Source: Bishop 2006, §4.3.4; smoothing: Szegedy et al. 2016,
    arXiv:1512.00567, §7; the weighted mean is PyTorch's.
    """

    type: Literal["cross_entropy"] = "cross_entropy"
    targets: Literal["labels", "probabilities"] = "labels"
    """labels: the class of each sample or pixel; probabilities: C numbers for each, as mixup makes them."""
    class_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    """One factor a class, for classes of unequal size; default: all 1."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Share ε of the target that is spread evenly over all classes."""

    @model_validator(mode="after")
    def _probabilities_have_no_ignored_label(self) -> Self:
        if self.targets == "probabilities" and self.ignore_index is not None:
            raise ValueError('ignore_index is a label, and targets = "probabilities" has none; remove one of the two')
        return self

    @property
    def target_kind(self) -> TargetKind:
        return "class" if self.targets == "labels" else "dense"

    @property
    def link(self) -> Link | None:
        return "softmax"

    def label_weight(self, labels: Array) -> float:
        if self.targets == "probabilities" or self.class_weights is None:
            return super().label_weight(labels)
        return float(np.asarray(self.class_weights)[labels[labels != self.ignore_index]].sum())

    def as_target(self, y: Array, shape: Shape) -> Array:
        return as_probabilities(y, shape) if self.targets == "probabilities" else y

    def expected_initial(self, shape: Shape) -> float | None:
        if self.class_weights is not None and (self.label_smoothing > 0 or self.targets == "probabilities"):
            return None  # then it depends on how often each class comes
        return math.log(shape[0])

    def emit(self, io: LossIo) -> None:
        classes = io.x_shape[0]
        weights = self.class_weights or (1.0,) * classes
        if self.targets == "probabilities":
            emit_soft_targets(io, self.weight, weights, self.label_smoothing)
            return
        positions = io.n * volume(io.x_shape) // classes
        chunks = io.chunks(positions, 16.0 * classes, by_sample=True)
        soft = self.label_smoothing / classes
        table = doubles([1.0 - self.label_smoothing, soft, soft * math.fsum(weights), *weights])
        norms = io.workspace("norms", 2 * positions, "double")
        partials = io.workspace("partials", 2 * chunks, "double")
        io.call(cross_entropy_value, chunks=chunks, x=io.x, labels=io.target, table=table, ignored=self.ignored,
                norms=norms, partials=partials, positions=positions, classes=classes)
        io.call(add_partials, partials=partials, total=io.value, parts=chunks, width=2)
        if io.dx is not None:
            io.call(cross_entropy_gradient, chunks=chunks, x=io.x, labels=io.target, table=table, ignored=self.ignored,
                    norms=norms, value=io.value, dx=io.dx, positions=positions, classes=classes, factor=self.weight)
