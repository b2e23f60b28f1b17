"""Root mean squared error."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from netspec.metrics.base import Counter, Direction
from netspec.metrics.errors import ErrorMetric, ErrorSum


class RMSE(ErrorMetric):
    """Root of the mean squared error over all samples and outputs: √(Σ (y − ŷ)² / n), in the unit of the targets.

    One root over all outputs; scikit-learn's root_mean_squared_error takes one root per output and then their mean,
    which is the same for a single output. NaN outputs give NaN.
    """

    type: Literal["rmse"] = "rmse"
    aliases: ClassVar[tuple[str, ...]] = ("root_mean_squared_error", "mse", "mean_squared_error")
    direction: ClassVar[Direction | None] = "min"
    task: ClassVar[Literal["classification", "regression"]] = "regression"

    def counter(self, classes: int | None) -> Counter:
        return ErrorSum(power=2)

    def from_mean(self, mean: float) -> float:
        return math.sqrt(mean)
