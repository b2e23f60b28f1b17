"""Precision, recall and F1: one score per class, averaged. This is the part they share."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from netspec.metrics.confusion_counts import ConfusionMetric, Counts

Average = Literal["macro", "micro", "weighted", "binary"]
Floats = NDArray[np.float64]


class ClassScore(ConfusionMetric):
    """Base of scores that are a ratio of hits, predictions and targets of one class.

    With TP hits, P predictions and T targets of each class:
    macro     mean over the classes that occur among the targets or the predictions
    weighted  the same, weighted with T
    micro     the ratio of the sums over all classes
    binary    the score of class 1; two classes only
    A ratio 0/0 counts as 0, as in scikit-learn (zero_division=0). A class that occurs nowhere is left out of the macro
    mean, as in scikit-learn without `labels`. A sample whose outputs are NaN is in T but in no class's P.
    """

    is_share: ClassVar[bool] = True
    average: Average = "macro"
    """How the scores of the classes become one number: macro, micro, weighted, or binary (class 1 of two)."""

    def better_name(self) -> str:
        return self.type_name() if self.average == "macro" else f"{self.type_name()}_{self.average}"

    @classmethod
    def reports(cls, name: str) -> bool:
        return name in {cls(average=average).better_name() for average in get_args(Average)}

    def ratio(self, hits: Counts, predicted: Counts, true: Counts) -> Floats:
        """The score from TP, P and T, element by element."""
        raise NotImplementedError

    def from_counts(self, counts: Counts) -> float:
        hits, predicted, true = np.diagonal(counts), counts.sum(axis=0)[:-1], counts.sum(axis=1)
        if self.average == "micro":
            return float(self.ratio(hits.sum(), predicted.sum(), true.sum()))
        scores = self.ratio(hits, predicted, true)
        if self.average == "binary":
            return self._of_class_1(scores)
        if self.average == "weighted":
            return float(scores @ true / true.sum())
        return float(scores[(predicted + true) > 0].mean())

    def _of_class_1(self, scores: Floats) -> float:
        if len(scores) != 2:
            raise ValueError(
                f'metrics: {self.type_name()}: average = "binary" needs 2 classes, not {len(scores)}; use "macro"'
            )
        return float(scores[1])


def divide(numerator: Counts, denominator: Counts) -> Floats:
    """numerator / denominator, and 0 where the denominator is 0."""
    return np.where(denominator > 0, numerator / np.maximum(denominator, 1), 0.0)
