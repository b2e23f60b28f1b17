"""Focal loss of independent yes-or-no answers."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import DoublesOut, In, Ints, Kernel, Out, cast, inlined, kernel, span
from netspec.kernels.constants import double, doubles
from netspec.kernels.elementary import exp, log1p
from netspec.layers.base import Shape
from netspec.losses.bce_with_logits import BinaryLoss, checked


@inlined
def focal_parts(z: float, t: float) -> tuple[float, float, float, float]:
    """p = sigmoid(z), 1 − p without cancellation, the cross-entropy of t with p, and q = p·(1 − t) + (1 − p)·t."""
    e = exp(-abs(z))
    near, far = 1.0 / (1.0 + e), e / (1.0 + e)  # sigmoid(|z|), sigmoid(−|z|)
    p, r = (near, far) if z > 0 else (far, near)
    entropy = (1.0 - t) * z + (0.0 if z > 0 else -z) + log1p(e)
    return p, r, entropy, p * (1.0 - t) + r * t


@kernel
def sigmoid_focal_value(
    chunk: int, chunks: int, x: In, target: In, partials: DoublesOut, items: int, table: Ints
) -> None:
    first, last = span(chunk, chunks, items)
    gamma, at_0, at_1 = double(table, 0), double(table, 1), double(table, 2)
    total = 0.0
    for i in range(first, last):
        t = checked(float(target[i]))
        _, _, entropy, q = focal_parts(float(x[i]), t)
        total += (at_0 + (at_1 - at_0) * t) * q**gamma * entropy
    partials[2 * chunk] = total
    partials[2 * chunk + 1] = last - first


@kernel
def sigmoid_focal_gradient(
    chunk: int, chunks: int, x: In, target: In, dx: Out, items: int, scale: float, table: Ints
) -> None:
    first, last = span(chunk, chunks, items)
    gamma, at_0, at_1 = double(table, 0), double(table, 1), double(table, 2)
    for i in range(first, last):
        t = checked(float(target[i]))
        p, r, entropy, q = focal_parts(float(x[i]), t)
        slope = gamma * entropy / q * (1.0 - 2.0 * t) * p * r if q != 0 else 0.0
        d = q**gamma * (slope + (p * (1.0 - t) - r * t))
        dx[i] = cast(x, scale * (at_0 + (at_1 - at_0) * t) * d)


class SigmoidFocal(BinaryLoss):
    """Focal loss of independent yes-or-no answers.

    p = 1 / (1 + exp(−x)), t in 0 … 1;  q = p·(1 − t) + (1 − p)·t, how wrong the answer is;  α_t = α·t + (1 − α)·(1 − t)
    f = α_t·q^γ·(−t·log p − (1 − t)·log(1 − p));  loss = Σ f / E  over all E elements
    dx = α_t·q^γ·(γ·(1 − 2t)·p·(1 − p)·CE / q + p − t) / E
    x: logits. targets = "class": one logit, (N, 1) or (N, 1, H, W), and labels 0 or 1; targets = "dense": numbers
    0 … 1 of the shape of x. A target outside makes the value and that element's gradient NaN. (RetinaNet divides by the
    number of boxes with an object instead of E: give `weight` for that.) One of C classes: focal.
    Raises ShapeError when output and data do not fit.  Source: Lin et al. 2017, arXiv:1708.02002; as torchvision's
    sigmoid_focal_loss with reduction = "mean".
    """

    type: Literal["sigmoid_focal"] = "sigmoid_focal"
    aliases: ClassVar[tuple[str, ...]] = ("sigmoid_focal_loss", "binary_focal", "binary_focal_crossentropy")
    value_kernel: ClassVar[Kernel] = sigmoid_focal_value
    gradient_kernel: ClassVar[Kernel] = sigmoid_focal_gradient
    cost: ClassVar[float] = 64.0
    for_classes: ClassVar[str] = "focal"

    gamma: float = Field(default=2.0, ge=0)
    """How fast the weight of an answer falls as it becomes certain; 0: not at all."""
    alpha: float = Field(default=0.25, ge=0, le=1)
    """Factor of the targets 1; that of the targets 0 is 1 − alpha. Leave out the weighing by giving 0.5 and weight 2."""

    def expected_initial(self, shape: Shape) -> float | None:
        return 0.5 * 0.5**self.gamma * math.log(2) if self.alpha == 0.5 else None

    def settings(self, shape: Shape) -> dict[str, Any]:
        return {"table": doubles([self.gamma, 1 - self.alpha, self.alpha])}
