"""Mean class accuracy."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.metrics.class_score import divide
from netspec.metrics.confusion_counts import ConfusionMetric, Counts


class MeanClassAccuracy(ConfusionMetric):
    """Mean over the classes of the share of their samples, or pixels, that are recognized: balanced accuracy.

    Classes without targets are left out (recall with average = "macro" counts those that are predicted as 0). As
    scikit-learn's balanced_accuracy_score.
    """

    type: Literal["mean_class_accuracy"] = "mean_class_accuracy"
    aliases: ClassVar[tuple[str, ...]] = ("balanced_accuracy", "mean_accuracy", "mAcc", "mean_pixel_accuracy")
    is_share: ClassVar[bool] = True

    def from_counts(self, counts: Counts) -> float:
        true = counts.sum(axis=1)
        return float(divide(counts.diagonal(), true)[true > 0].mean())
