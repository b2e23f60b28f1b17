"""The exponential mean of a curve, without the pull to 0 at its start."""

from __future__ import annotations

import numpy as np

from gui.runs.points import Floats, Points

BLOCK = 128
"""Values that are averaged by one product of matrices."""
FORMULA = "bold: mₜ/(1−βᵗ), mₜ = βmₜ₋₁ + (1−β)lossₜ, β = {beta}"


class Smoothed:
    """s_t = m_t / (1 − βᵗ), m_t = β·m_{t−1} + (1−β)·y_t, m_0 = 0, taken on as a curve grows.

    Values that are not finite are left out of the mean and stay what they are.
    """

    def __init__(self, beta: float) -> None:
        """beta: from 0 (the curve itself) to below 1."""
        self.beta = beta
        self.points = Points()
        self._mean, self._weight = 0.0, 0.0
        steps = np.arange(BLOCK)
        powers = beta ** np.maximum(steps[:, None] - steps[None, :], 0)
        self._matrix = (1 - beta) * np.where(steps[:, None] >= steps[None, :], powers, 0.0)
        self._decay = beta ** (steps + 1.0)

    def follow(self, raw: Points) -> None:
        """Take in what `raw` has grown by."""
        done = len(self.points)
        if len(raw) > done:
            y = raw.y[done:].copy()
            finite = np.isfinite(y)
            y[finite] = self._take(y[finite])
            self.points.extend(raw.x[done:], y)  # type: ignore[arg-type]

    def _take(self, y: Floats) -> Floats:
        means, weights = np.empty(len(y)), np.empty(len(y))
        for start in range(0, len(y), BLOCK):
            block = y[start : start + BLOCK]
            n = len(block)
            means[start : start + n] = self._matrix[:n, :n] @ block + self._decay[:n] * self._mean
            weights[start : start + n] = 1 - self._decay[:n] * (1 - self._weight)
            self._mean, self._weight = means[start + n - 1], weights[start + n - 1]
        return means / weights
