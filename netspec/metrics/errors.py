"""Differences between outputs and targets of a regression, and the mean of their powers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from netspec.metrics.base import Array, Counter, Metric
from netspec.metrics.exact_sum import ExactSum


def aligned(outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Both as float64 of one shape (N, columns). Raises ValueError on different shapes or targets that are not finite.

    A trailing 1 may be missing on either side: (N, 1) and (N,) match row by row. (NumPy would make (N, N) of them.)
    """
    if _without_trailing_one(outputs) != _without_trailing_one(targets):
        raise ValueError(f"metrics: targets have shape {targets.shape}, outputs {outputs.shape}; give equal shapes")
    if not np.isfinite(targets).all():
        raise ValueError("metrics: a target is NaN or infinite; repair or drop that sample")
    rows, columns = len(targets), math.prod(targets.shape[1:])
    return outputs.astype(np.float64).reshape(rows, columns), targets.astype(np.float64).reshape(rows, columns)


def _without_trailing_one(values: Array) -> tuple[int, ...]:
    if values.ndim == 0:
        raise ValueError("metrics: a single number was given; give arrays of shape (N, …)")
    return values.shape[:-1] if values.ndim > 1 and values.shape[-1] == 1 else values.shape


class ErrorSum(Counter):
    """Σ |output − target|^power over all samples and outputs, power 1 or 2, and how many there were."""

    def __init__(self, power: int) -> None:
        self.power = power
        self.key = ("errors", power)
        self._sum, self._count = ExactSum(1), 0

    def update(self, outputs: Array, targets: Array) -> None:
        outputs, targets = aligned(outputs, targets)
        with np.errstate(over="ignore"):  # an overflow gives ∞, and the metric says so
            self._sum.add((np.abs(outputs - targets) ** self.power).reshape(-1, 1))
        self._count += targets.size

    def mean(self) -> float:
        """Correctly rounded mean; ∞ or NaN when an output was. Raises ValueError when nothing was counted."""
        if self._count == 0:
            raise ValueError("metrics: nothing was counted; call update with at least one sample before compute")
        return float(self._sum.totals()[0] / self._count) + self._sum.not_finite()[0]

    def state(self) -> dict[str, Any]:
        return {"sum": self._sum.state(), "count": self._count}

    def restore(self, state: dict[str, Any]) -> None:
        self._sum, self._count = ExactSum.from_state(state["sum"]), state["count"]


class ErrorMetric(Metric):
    """Base of the metrics that are a function of the mean power of the errors."""

    def value(self, counter: Counter) -> float:
        assert isinstance(counter, ErrorSum)
        return self.from_mean(counter.mean())

    def from_mean(self, mean: float) -> float:
        """The metric of the mean of |error|^power."""
        raise NotImplementedError
