"""Area under the ROC curve."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.metrics.ranked_scores import RankingMetric


class RocAuc(RankingMetric):
    """Area under the ROC curve: the share of pairs of a positive and a negative sample that are ranked rightly.

    area = (pairs with the positive above + ½ · pairs of equal scores) / all pairs, exactly, over the whole epoch.
    Two classes (or one logit): of class 1. More: each class against all others, ranked by its probability, then the mean;
    a class without positives or without negatives is left out. NaN when none is left, and for NaN outputs.
    It keeps all scores of an epoch: for pixels that is much memory; mean_iou only counts.
    Source: Hanley & McNeil 1982, Radiology 143, 29–36; as scikit-learn's roc_auc_score (multi_class = "ovr").
    """

    type: Literal["roc_auc"] = "roc_auc"
    aliases: ClassVar[tuple[str, ...]] = ("auc", "AUROC", "auroc", "roc_auc_score")

    def area(self, positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> float | None:
        pairs = int(positives.sum()) * int(negatives.sum())
        if pairs == 0:
            return None
        below = negatives.sum() - np.cumsum(negatives)
        return int((positives * (2 * below + negatives)).sum()) / (2 * pairs)
