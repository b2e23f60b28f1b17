"""Mean intersection over union."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.metrics.class_score import Floats, divide
from netspec.metrics.confusion_counts import ConfusionMetric, Counts


class MeanIoU(ConfusionMetric):
    """Mean over the classes of intersection over union: TP / (T + P − TP), from the counts of all pixels of the epoch.

    Classes that occur neither among the targets nor among the predictions are left out; class_iou has the values of
    the single classes. Not the mean over pictures. A NaN output is in T but in no class's P.
    Source: Everingham et al. 2015, IJCV 111, 98–136, §3.3; as scikit-learn's jaccard_score with average = "macro".
    """

    type: Literal["mean_iou"] = "mean_iou"
    aliases: ClassVar[tuple[str, ...]] = ("miou", "mIoU", "MeanIoU", "jaccard", "iou")
    is_share: ClassVar[bool] = True

    def from_counts(self, counts: Counts) -> float:
        scores, occurs = iou_of_classes(counts)
        return float(scores[occurs].mean())


def iou_of_classes(counts: Counts) -> tuple[Floats, Counts]:
    """(C,) TP / (T + P − TP), and whether the class occurs at all."""
    hits, union = counts.diagonal(), counts[:, :-1].sum(axis=0) + counts.sum(axis=1) - counts.diagonal()
    return divide(hits, union), union > 0
