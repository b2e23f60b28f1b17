"""Area under the precision-recall curve."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.metrics.ranked_scores import RankingMetric


class PrAuc(RankingMetric):
    """Area under the precision-recall curve of classes: their average precision.

    area = Σ_k (R_k − R_{k−1}) · P_k over the scores that occur, from the greatest on, with recall R and precision P of
    all samples at or above; without interpolation, exactly, over the whole epoch.
    Two classes (or one logit): of class 1. More: each class against all others, ranked by its probability, then the mean;
    a class without targets is left out. NaN when none is left, and for NaN outputs.
    It keeps all scores of an epoch: for pixels that is much memory; mean_iou only counts. Boxes: mean_average_precision.
    Source: Manning et al. 2008, Introduction to Information Retrieval, §8.4; as scikit-learn's average_precision_score.
    """

    type: Literal["pr_auc"] = "pr_auc"
    aliases: ClassVar[tuple[str, ...]] = ("average_precision_score", "auprc", "AUPRC", "BinaryAveragePrecision")

    def area(self, positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> float | None:
        whole = int(positives.sum())
        if whole == 0:
            return None
        hits = np.cumsum(positives)
        precision = hits / (hits + np.cumsum(negatives))
        return math.fsum(positives * precision) / whole
