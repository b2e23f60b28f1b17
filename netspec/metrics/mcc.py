"""Matthews' correlation coefficient."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from netspec.metrics.confusion_counts import ConfusionMetric, Counts


class MCC(ConfusionMetric):
    """Matthews' correlation coefficient of targets and predictions, for any number of classes.

    (h·n − Σ_c T_c·P_c) / √((n² − Σ P_c²)·(n² − Σ T_c²)) with n samples, h of them right. 1 is perfect, 0 as good as
    chance; 0 when all targets or all predictions are of one class. NaN outputs are predictions of a class of their own.
    Source: Gorodkin 2004, Comput. Biol. Chem. 28, 367–374.
    """

    type: Literal["mcc"] = "mcc"
    aliases: ClassVar[tuple[str, ...]] = ("matthews_corrcoef", "matthews")

    def from_counts(self, counts: Counts) -> float:
        true, predicted = ([int(n) for n in counts.sum(axis=axis)] for axis in (1, 0))
        n, hits = sum(true), int(np.trace(counts))
        product = (n * n - sum(p * p for p in predicted)) * (n * n - sum(t * t for t in true))
        if product == 0:
            return 0.0
        return (hits * n - sum(t * p for t, p in zip(true, predicted, strict=False))) / math.sqrt(product)
