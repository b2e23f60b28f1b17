"""The value of one loss, or of the weighted sum of several, in a form that adds up exactly over batches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LossValue:
    """Each loss as [sum, weight], the sum with the loss's factor: the whole is Σ_k sum_k / weight_k.

    Values of several batches are added part by part, so that the loss of an epoch is not a mean of batches' means.
    """

    parts: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, parts: Iterable[Sequence[float]]) -> LossValue:
        """From the pairs (sum, weight) of the losses, in order."""
        return cls(tuple((float(total), float(weight)) for total, weight in parts))

    @classmethod
    def empty(cls, losses: int) -> LossValue:
        """Nothing counted yet."""
        return cls(((0.0, 0.0),) * losses)

    def __add__(self, other: LossValue) -> LossValue:
        return LossValue(tuple((a + c, b + d) for (a, b), (c, d) in zip(self.parts, other.parts, strict=True)))

    @property
    def mean(self) -> float:
        """The loss: of several the sum of those that weighed anything; NaN when nothing was weighed, or a sum is NaN."""
        means = [mean for mean, (total, weight) in zip(self.means, self.parts, strict=True) if weight or math.isnan(total)]
        return sum(means[1:], means[0]) if means else float("nan")

    @property
    def means(self) -> tuple[float, ...]:
        """The value of each loss with its factor; NaN for one that weighed nothing."""
        return tuple(total / weight if weight else float("nan") for total, weight in self.parts)

    @property
    def sum(self) -> float:
        """Σ of the only loss; ValueError when there are several, whose sums have divisors of their own."""
        return self._only()[0]

    @property
    def weight(self) -> float:
        """Weight of the losses; ValueError when they do not weigh alike."""
        weights = {weight for _, weight in self.parts}
        if len(weights) > 1:
            raise ValueError(f"the losses weigh {sorted(weights)}, so there is no weight of all")
        return weights.pop()

    def _only(self) -> tuple[float, float]:
        if len(self.parts) != 1:
            raise ValueError(f"there are {len(self.parts)} losses; use mean or means")
        return self.parts[0]
