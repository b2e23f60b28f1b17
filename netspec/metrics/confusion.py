"""Confusion matrix."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.metrics.base import Array, Direction
from netspec.metrics.confusion_counts import ConfusionMetric, Counts


class Confusion(ConfusionMetric):
    """Confusion matrix: rows are the true classes, columns the predicted ones; int64 counts.

    (C, C). Only when outputs were NaN there is one more column, (C, C + 1), with the samples that got no class, so that
    a row always sums to the number of samples of its class.
    """

    type: Literal["confusion"] = "confusion"
    aliases: ClassVar[tuple[str, ...]] = ("confusion_matrix",)
    direction: ClassVar[Direction | None] = None

    def from_counts(self, counts: Counts) -> Array:
        return counts.copy() if counts[:, -1].any() else counts[:, :-1].copy()
