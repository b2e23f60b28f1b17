"""Numbers of the Beta(α, α) distribution out of evenly distributed ones."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from netspec.augment.base import Floats

POINTS = 2049


def beta_quantiles(draws: Floats, alpha: float) -> Floats:
    """The inverse of Beta(α, α)'s distribution function at `draws` in [0, 1), to about 1e-6.

    Below a half I(x)^(1/α) is nearly a straight line for every α, so that a table of it interpolates well; above a half by
    symmetry.
    """
    heights, places = _table(alpha)
    low = np.minimum(draws, 1 - draws)
    x = np.interp((2 * low) ** (1 / alpha), heights, places)
    return np.where(draws < 0.5, x, 1 - x)


@lru_cache
def _table(alpha: float) -> tuple[Floats, Floats]:
    """(2·I_x(α, α))^(1/α) at places x from 0 to ½.

    I_x = x^α (1 − x)^α / (α·B(α, α)) · Σ_k Π_{j<k} (2α + j)/(α + 1 + j) · x^k  (Abramowitz & Stegun 26.5.4).
    """
    x = np.linspace(0, 0.5, POINTS)
    term, total, k = np.ones(POINTS), np.ones(POINTS), 0
    while term[-1] > 1e-17 * total[-1]:
        term = term * (2 * alpha + k) / (alpha + 1 + k) * x
        total, k = total + term, k + 1
    log_beta = 2 * math.lgamma(alpha) - math.lgamma(2 * alpha)
    with np.errstate(divide="ignore"):
        log_height = math.log(2) + alpha * (np.log(x) + np.log1p(-x)) - math.log(alpha) - log_beta + np.log(total)
    heights = np.exp(log_height / alpha)
    return heights / heights[-1], x
