"""What losses share that compare C scores of each sample, or of each pixel, with its class."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from netspec.kernels.abi import In, inlined
from netspec.kernels.elementary import exp
from netspec.layers.base import Shape, ShapeError
from netspec.losses.base import Loss, TargetKind

NO_LABEL = -(2**63)
"""Stands for "nothing is ignored"."""


@inlined
def softmax_norm(x: In, start: int, classes: int) -> tuple[float, float]:
    """m = max_c x_c and Σ_c exp(x_c − m), the sum in float64; NaN among the logits makes the sum NaN."""
    most = x[start]
    for c in range(1, classes):
        most = max(most, x[start + c])
    total = 0.0
    for c in range(classes):
        total += exp(x[start + c] - most)
    return most, total


class ClassLoss(Loss):
    """Base of losses of C scores and a label a sample (or a pixel); some labels may take no part."""

    reads: ClassVar[str] = "logit"
    """What one output is called."""
    weights_key: ClassVar[str] = "class_weights"
    """The key with a factor for each class."""
    for_one_output: ClassVar[str] = "bce_with_logits"
    """The loss of one logit."""

    ignore_index: int | None = Field(default=None, gt=NO_LABEL, lt=2**63)
    """Label of samples or pixels that take no part, for example 255; default: none."""

    @model_validator(mode="after")
    def _some_class_counts(self) -> Self:
        weights = getattr(self, self.weights_key, None)
        if weights is not None and not any(weights):
            raise ValueError(
                f"{self.weights_key} are all 0, so nothing is learned; give at least one class a weight above 0"
            )
        return self

    @property
    def target_kind(self) -> TargetKind:
        return "class"

    @property
    def ignored(self) -> int:
        """The ignored label as kernels read it."""
        return NO_LABEL if self.ignore_index is None else self.ignore_index

    def check(self, shape: Shape, classes: int | None) -> None:
        self._check_rank(shape)
        count, key = shape[0], "out_features" if len(shape) == 1 else "out_channels"
        if count == 1:
            self._check_one_output(classes, key)
        elif classes is not None and classes != count:
            raise ShapeError(
                f"{self.type_name()} reads one {self.reads} a class, the data has {classes} classes, "
                f"the output has {count}",
                f"set {key} = {classes}",
            )
        weights = getattr(self, self.weights_key, None)
        if weights is not None and len(weights) != max(2, count):
            raise ShapeError(
                f"{self.weights_key} has {len(weights)} numbers, the output has {max(2, count)} classes",
                f"give {max(2, count)} numbers", field=self.weights_key,
            )

    def _check_rank(self, shape: Shape) -> None:
        if len(shape) not in (1, 3):
            raise ShapeError(
                f"{self.type_name()} reads {self.reads}s [C] or [C, H, W], the output is {list(shape)}",
                "end with a linear layer of C features, or with a convolution of C channels for one label a pixel",
            )

    def _check_one_output(self, classes: int | None, key: str) -> None:
        """Raise ShapeError for a single output, of which a softmax is always 1."""
        raise ShapeError(
            f"{self.type_name()} reads one {self.reads} a class, the output has 1, whose loss is always 0",
            f"set {key} = {classes or 2}, or use {self.for_one_output}",
        )
