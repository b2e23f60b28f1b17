"""The counts from which accuracy, precision, recall, F1 and the confusion matrix are all computed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.metrics.base import Array, Counter, Metric
from netspec.metrics.scores import (
    class_indices,
    class_scores,
    declared_classes,
    number_of_classes,
    predicted_classes,
)

Counts = NDArray[np.int64]


class ConfusionCounts(Counter):
    """counts[t, p] = number of samples of class t predicted as p; (C, C + 1), the last column is "no class" (NaN)."""

    def __init__(self, classes: int | None) -> None:
        self.classes = declared_classes(classes)
        self.key = ("confusion", self.classes)
        self._counts: Counts | None = None

    def update(self, outputs: Array, targets: Array) -> None:
        scores = class_scores(outputs)
        classes = number_of_classes(self.classes, scores)
        true = class_indices(targets, outputs, classes)
        if self._counts is None:
            self.classes, self._counts = classes, np.zeros((classes, classes + 1), np.int64)
        cells = true * (classes + 1) + predicted_classes(scores) % (classes + 1)  # NO_CLASS = −1 is the last column
        self._counts += np.bincount(cells, minlength=self._counts.size).reshape(self._counts.shape)

    @property
    def counts(self) -> Counts:
        """The counts so far, not a copy. Raises ValueError when nothing was counted."""
        if self._counts is None or not self._counts.any():
            raise ValueError("metrics: nothing was counted; call update with at least one sample before compute")
        return self._counts

    def state(self) -> dict[str, Any]:
        return {"counts": None if self._counts is None else self._counts.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        counts = state["counts"]
        if counts is None:
            self._counts = None
            return
        if self.classes not in (None, len(counts)):
            raise ValueError(
                f"metrics: the state has {len(counts)} classes, {self.classes} expected; it is another network's"
            )
        self.classes, self._counts = len(counts), np.array(counts, np.int64)


class ConfusionMetric(Metric):
    """Base of the metrics that are functions of the confusion counts."""

    def counter(self, classes: int | None) -> Counter:
        return ConfusionCounts(classes)

    def value(self, counter: Counter) -> float | Array:
        assert isinstance(counter, ConfusionCounts)
        return self.from_counts(counter.counts)

    def from_counts(self, counts: Counts) -> float | Array:
        """The metric of counts (C, C + 1), at least one of them positive."""
        raise NotImplementedError
