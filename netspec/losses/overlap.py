"""What losses of overlapping regions share: sums over all pixels of a sample, a ratio of them, and its gradient.

With p the probabilities of a class, t its targets, I = Σ p·t, P = Σ p, T = Σ t over the pixels, each class has the ratio
r = (k·I + s) / (P + T − j·I + s); Dice: k = 2, j = 0; Jaccard: k = 1, j = 1. It is linear in each p but for its
divisor U, so that ∂r/∂p = t·(k/U + j·M/U²) − M/U² with M = k·I + s: two numbers a class, a and b, give all gradients.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import Doubles, DoublesOut, In, Ints, Out, cast, inlined, kernel, span
from netspec.kernels.calls import ArgumentValue
from netspec.kernels.constants import double, doubles
from netspec.kernels.elementary import exp, sigmoid
from netspec.layers.base import Shape, ShapeError, volume
from netspec.losses.base import Link, LossIo, TargetKind
from netspec.losses.bce_with_logits import checked
from netspec.losses.class_loss import ClassLoss, softmax_norm

PART = 4096
"""Pixels that are summed up at once."""
TIMES, MINUS, SMOOTH, WEIGHTS = 0, 1, 2, 3
"""Places in the table of constants: k, j and s of the ratio, then the class weights, whose sum is 1."""


@inlined
def truth(labels: Ints, target: In, at: int, c: int, classes: int, per_class: int) -> float:
    """Target of class c at a pixel; NaN when the label, or the number, is none."""
    if per_class == 0:
        return checked(float(target[at * classes + c]))
    y = labels[at]
    if y < 0 or y >= max(classes, 2):
        return math.nan
    return 1.0 if y == (c if classes > 1 else 1) else 0.0


@kernel
def overlap_sums(
    chunk: int, chunks: int, x: In, labels: Ints, target: In, sums: DoublesOut, samples: int, pixels: int,
    classes: int, parts: int, ignored: int, per_class: int, softmax: int,
) -> None:
    """I, P and T of each class, and the number of pixels that count, for each part of each sample."""
    first, last = span(chunk, chunks, samples * parts)
    width = 3 * classes + 1
    for item in range(first, last):
        sums[item * width:(item + 1) * width] = 0.0
        begin, end = span(item % parts, parts, pixels)
        for i in range(begin, end):
            at = (item // parts) * pixels + i
            if per_class and labels[at] == ignored:
                continue
            most, total = softmax_norm(x, at * classes, classes)
            for c in range(classes):
                z = float(x[at * classes + c])
                p = exp(z - float(most)) / total if softmax else sigmoid(z)
                t = truth(labels, target, at, c, classes, per_class)
                sums[item * width + 3 * c] += p * t
                sums[item * width + 3 * c + 1] += p
                sums[item * width + 3 * c + 2] += t
            sums[item * width + width - 1] += 1


@kernel
def overlap_ratios(
    chunk: int, chunks: int, sums: Doubles, table: Ints, slopes: DoublesOut, value: DoublesOut,
    groups: int, per_group: int, parts: int, classes: int,
) -> None:
    """value, and a and b of each class of each group of samples that are looked at together; one chunk only."""
    width = 3 * classes + 1
    loss = weight = 0.0
    k, j, s = double(table, TIMES), double(table, MINUS), double(table, SMOOTH)
    for g in range(groups):
        begin, end = g * per_group * parts, (g + 1) * per_group * parts
        counted = 0.0
        for item in range(begin, end):
            counted += sums[item * width + width - 1]
        if counted > 0:
            weight += per_group
        for c in range(classes):
            both = ps = ts = 0.0
            for item in range(begin, end):
                both += sums[item * width + 3 * c]
                ps += sums[item * width + 3 * c + 1]
                ts += sums[item * width + 3 * c + 2]
            w = double(table, WEIGHTS + c) * per_group if counted > 0 else 0.0
            top, bottom = k * both + s, ps + ts - j * both + s
            loss += w * (1.0 - top / bottom)
            slopes[2 * (g * classes + c)] = -w * (k / bottom + j * top / (bottom * bottom))
            slopes[2 * (g * classes + c) + 1] = w * top / (bottom * bottom)
    value[0] = loss
    value[1] = weight


@kernel
def overlap_gradient(
    chunk: int, chunks: int, x: In, labels: Ints, target: In, slopes: Doubles, value: Doubles, dx: Out,
    positions: int, per_group: int, classes: int, ignored: int, per_class: int, softmax: int, factor: float,
) -> None:
    """per_group: pixels of a group of samples."""
    first, last = span(chunk, chunks, positions)
    scale = factor / value[1] if value[1] > 0 else 0.0
    for at in range(first, last):
        start, slope = at * classes, 2 * (at // per_group) * classes
        if per_class and labels[at] == ignored:
            for c in range(classes):
                dx[start + c] = cast(dx, 0)
            continue
        most, total = softmax_norm(x, start, classes)
        mean = 0.0  # Σ p·∂ℓ/∂p, which the softmax takes away
        if softmax:
            for c in range(classes):
                t = truth(labels, target, at, c, classes, per_class)
                mean += exp(float(x[start + c]) - float(most)) / total * (slopes[slope + 2 * c] * t + slopes[slope + 2 * c + 1])
        for c in range(classes):
            z = float(x[start + c])
            d = slopes[slope + 2 * c] * truth(labels, target, at, c, classes, per_class) + slopes[slope + 2 * c + 1]
            p = exp(z - float(most)) / total if softmax else sigmoid(z) * sigmoid(-z)
            dx[start + c] = cast(dx, scale * p * (d - mean))


class OverlapLoss(ClassLoss):
    """Base of losses 1 − Σ_c w_c·r_c / Σ_c w_c with the ratio r of the module."""

    ratio: ClassVar[tuple[float, float]]
    """k and j."""

    activation: Literal["softmax", "sigmoid"] = "softmax"
    """What makes probabilities of the logits: softmax over the classes, or a sigmoid of each."""
    targets: Literal["class", "dense"] = "class"
    """class: a label for each pixel; dense: numbers 0 … 1 of the shape of the output, for regions that may overlap."""
    over: Literal["sample", "batch"] = "sample"
    """Whose pixels are added up: of each sample alone, or of the whole batch (then the loss depends on the batches)."""
    smooth: float = Field(default=1.0, gt=0)
    """Added above and below, so that a class that neither has is right: 1."""
    class_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    """One factor a channel in the mean over the classes, such as 0 for the background; default: all 1."""

    @property
    def target_kind(self) -> TargetKind:
        return self.targets

    @property
    def link(self) -> Link | None:
        return self.activation

    def check(self, shape: Shape, classes: int | None) -> None:
        kind = self.type_name()
        if len(shape) != 3:
            raise ShapeError(
                f"{kind} compares regions of pictures [C, H, W], the output is {list(shape)}",
                "end with a convolution of one channel a class",
            )
        if shape[0] == 1 and self.activation == "softmax":
            message, hint = f"{kind}: the softmax of one channel is always 1", 'set activation = "sigmoid"'
            raise ShapeError(message, hint, field="activation")
        if self.targets == "dense" and classes is not None:
            raise ShapeError(
                f'{kind} with targets = "dense" reads numbers, the data has labels of {classes} classes',
                'set targets = "class"', field="targets",
            )
        if classes is not None and classes != max(2, shape[0]):
            raise ShapeError(
                f"{kind} reads one channel a class, the data has {classes} classes, the output has {shape[0]}",
                f"set out_channels = {classes}",
            )
        if self.class_weights is not None and len(self.class_weights) != shape[0]:
            raise ShapeError(
                f"class_weights has {len(self.class_weights)} numbers, the output has {shape[0]} channels",
                f"give {shape[0]} numbers", field="class_weights",
            )

    def emit(self, io: LossIo) -> None:
        classes, pixels = io.x_shape[0], volume(io.x_shape) // io.x_shape[0]
        parts, together = -(-pixels // PART), io.n if self.over == "batch" else 1
        sums = io.workspace("sums", io.n * parts * (3 * classes + 1), "double")
        slopes = io.workspace("slopes", 2 * classes * io.n // together, "double")
        weights = self.class_weights or (1.0,) * classes
        table = doubles([*self.ratio, self.smooth, *(w / math.fsum(weights) for w in weights)])
        shared = self._shared(io)
        chunks = io.chunks(io.n * parts, 40.0 * classes * pixels / parts, by_sample=True)
        io.call(overlap_sums, chunks=chunks, sums=sums, samples=io.n, pixels=pixels, parts=parts, **shared)
        io.call(overlap_ratios, sums=sums, table=table, slopes=slopes, value=io.value, groups=io.n // together,
                per_group=together, parts=parts, classes=classes)
        if io.dx is not None:
            chunks = io.chunks(io.n * pixels, 60.0 * classes, by_sample=True)
            io.call(overlap_gradient, chunks=chunks, slopes=slopes, value=io.value, dx=io.dx,
                    positions=io.n * pixels, per_group=together * pixels, factor=self.weight, **shared)

    def _shared(self, io: LossIo) -> dict[str, ArgumentValue]:
        per_class = self.targets == "class"
        nothing = doubles([0.0])  # in place of the labels, which are then not read
        return {
            "x": io.x, "labels": io.target if per_class else nothing, "target": io.x if per_class else io.target,
            "classes": io.x_shape[0], "ignored": self.ignored, "per_class": int(per_class),
            "softmax": int(self.activation == "softmax"),
        }  # fmt: skip
