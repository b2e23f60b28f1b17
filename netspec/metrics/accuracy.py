"""Accuracy."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.metrics.confusion_counts import ConfusionMetric, Counts


class Accuracy(ConfusionMetric):
    """Share of samples whose highest score is their class.

    accuracy = Σ_c counts[c, c] / Σ counts. A NaN output is wrong. Of equal scores the first class wins; one logit z
    means class 1 when z > 0.
    """

    type: Literal["accuracy"] = "accuracy"
    aliases: ClassVar[tuple[str, ...]] = ("acc", "categorical_accuracy", "binary_accuracy", "top_1")
    is_share: ClassVar[bool] = True

    def from_counts(self, counts: Counts) -> float:
        return float(np.trace(counts) / counts.sum())
