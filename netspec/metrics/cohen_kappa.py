"""Cohen's kappa."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from netspec.metrics.confusion_counts import ConfusionMetric, Counts


class CohenKappa(ConfusionMetric):
    """Cohen's kappa κ = (p − e) / (1 − e): agreement p with the targets beyond the e that chance would give.

    p = Σ_c counts[c, c] / n, e = Σ_c T_c·P_c / n². 1 is perfect, 0 as good as chance, below 0 worse; NaN when only one
    class occurs and is always right. A NaN output is in T but in no class's P.
    Source: Cohen 1960, Educ. Psychol. Meas. 20, 37–46.
    """

    type: Literal["cohen_kappa"] = "cohen_kappa"
    aliases: ClassVar[tuple[str, ...]] = ("kappa", "cohen_kappa_score")

    def from_counts(self, counts: Counts) -> float:
        n = int(counts.sum())
        by_chance = sum(int(t) * int(p) for t, p in zip(counts.sum(axis=1), counts.sum(axis=0), strict=False))
        if by_chance == n * n:
            return math.nan
        return (int(np.trace(counts)) * n - by_chance) / (n * n - by_chance)
