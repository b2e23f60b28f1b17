"""Coefficient of determination."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, ClassVar, Literal

import numpy as np

from netspec.metrics.base import Array, Counter, Metric
from netspec.metrics.errors import aligned
from netspec.metrics.exact_sum import ExactSum, exact_squares


class R2(Metric):
    """Coefficient of determination R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)², the mean over the outputs.

    1 is perfect, 0 as good as always answering the mean, below 0 worse than that. As in scikit-learn, an output whose
    targets are all equal gives 1 when it is hit exactly and else 0, and fewer than two samples give NaN. NaN outputs
    give NaN, and so do targets whose squares leave the range of float64 (beyond 1e±150).
    """

    type: Literal["r2"] = "r2"
    aliases: ClassVar[tuple[str, ...]] = ("r2_score", "r_squared")
    task: ClassVar[Literal["classification", "regression"]] = "regression"

    def counter(self, classes: int | None) -> Counter:
        return VarianceSums()

    def value(self, counter: Counter) -> float:
        assert isinstance(counter, VarianceSums)
        scores = counter.scores()
        return sum(scores) / len(scores)


class VarianceSums(Counter):
    """Per output: Σ (y − ŷ)², Σ y and Σ y²; y² without rounding, since Σ y² − (Σ y)²/n cancels."""

    def __init__(self) -> None:
        self.key = ("variance",)
        self._sums: dict[str, ExactSum] = {}
        self._samples = 0

    def update(self, outputs: Array, targets: Array) -> None:
        outputs, targets = aligned(outputs, targets)
        self._prepare(targets.shape[1])
        with np.errstate(over="ignore"):  # an overflow gives −∞, and the metric says so
            self._sums["residual"].add((targets - outputs) ** 2)
        self._sums["target"].add(targets)
        for part in exact_squares(targets):
            self._sums["square"].add(part)
        self._samples += len(targets)

    def _prepare(self, columns: int) -> None:
        if not self._sums:
            self._sums = {name: ExactSum(columns) for name in ("residual", "target", "square")}
        expected = self._sums["target"].columns
        if columns != expected:
            raise ValueError(f"metrics: r2: this batch has {columns} outputs a sample, the one before {expected}")

    def scores(self) -> list[float]:
        """R² of each output. Raises ValueError when nothing was counted."""
        if self._samples == 0:
            raise ValueError("metrics: nothing was counted; call update with at least one sample before compute")
        if self._samples == 1:
            return [math.nan]
        residual, target, square = (self._sums[name].totals() for name in ("residual", "target", "square"))
        spread = [q - t * t / self._samples for q, t in zip(square, target, strict=True)]
        broken = self._sums["residual"].not_finite()
        overflow = self._sums["square"].not_finite()
        # 0 · ∞ is NaN: where a square overflowed, the spread is unknown
        return [_score(r, s) - b + 0 * o for r, s, b, o in zip(residual, spread, broken, overflow, strict=True)]

    def state(self) -> dict[str, Any]:
        return {"samples": self._samples, "sums": {name: sums.state() for name, sums in self._sums.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        self._samples = state["samples"]
        self._sums = {name: ExactSum.from_state(sums) for name, sums in state["sums"].items()}


def _score(residual: Fraction, spread: Fraction) -> float:
    if spread == 0:
        return 1.0 if residual == 0 else 0.0
    if spread < 0:  # the squares fell below the smallest number
        return math.nan
    try:
        return float(1 - residual / spread)
    except OverflowError:
        return -math.inf
