"""Mean absolute error."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.metrics.base import Counter, Direction
from netspec.metrics.errors import ErrorMetric, ErrorSum


class MAE(ErrorMetric):
    """Mean absolute error over all samples and outputs: Σ |y − ŷ| / n, in the unit of the targets.

    NaN outputs give NaN.
    """

    type: Literal["mae"] = "mae"
    aliases: ClassVar[tuple[str, ...]] = ("mean_absolute_error", "l1")
    direction: ClassVar[Direction | None] = "min"
    task: ClassVar[Literal["classification", "regression"]] = "regression"

    def counter(self, classes: int | None) -> Counter:
        return ErrorSum(power=1)

    def from_mean(self, mean: float) -> float:
        return mean
