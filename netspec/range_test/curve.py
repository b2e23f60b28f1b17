"""A lane's losses over rising rates, their average, and what they suggest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

SIGMA = 2.0
"""Width of the average in steps: a sixth of a decade with 100 steps from 1e-7 to 10."""
LEAST_DROP = 0.05
"""A smaller share of the first loss is no clear descent."""
NOISE = 4.0
"""Nor is a drop of fewer standard deviations of the averaged losses."""
STEEPEST, MINIMUM = "steepest descent", "minimum / 10"
RULES = {
    STEEPEST: "the rate at which the average falls fastest, d loss / d ln lr",
    MINIMUM: "a tenth of the rate at which the average is lowest",
}
"""Suggestion → its rule."""


@dataclass
class LaneCurve:
    """One optimizer's range test. loss[i] is that of the first batch after the update with lr[i].

    untouched[i]: the loss of the same batch, with the same dropout masks, before any update. Batches differ more among
    themselves than rates do at first; taking loss/untouched leaves what the updates have done.
    stopped: "diverged", "nan" or None. usual: the spec's learning rate, which its schedule multiplies.
    """

    label: str
    kind: str
    usual: float
    lr: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    untouched: list[float] = field(default_factory=list)
    stopped: str | None = None
    before: float = math.nan
    """Loss of the first batch, before any update."""

    @property
    def adjusted(self) -> list[float]:
        """mean · loss/untouched, mean the geometric one of `untouched`; with losses of 0 or below, mean + loss − untouched."""
        pairs = list(zip(self.loss, self.untouched, strict=True))
        if not self._is_positive:
            return [self.start + loss - base for loss, base in pairs]
        return [self.start * (loss / base) for loss, base in pairs]

    @property
    def start(self) -> float:
        """The mean loss of the untouched network on all these batches."""
        base = [value for value in self.untouched if math.isfinite(value)]
        if not base:
            return math.nan
        return math.exp(math.fsum(map(math.log, base)) / len(base)) if self._is_positive else math.fsum(base) / len(base)

    @property
    def smoothed(self) -> list[float]:
        """Weighted mean of `adjusted` over the neighbouring steps, which moves no minimum; NaN where the loss is none."""
        return smoothed(self.adjusted)

    @property
    def has_descent(self) -> bool:
        """Whether the average falls below the untouched network's by more than it varies by chance."""
        values = self._finite()
        if len(values) < 2:
            return False
        return self.start - min(values) > max(LEAST_DROP * abs(self.start), NOISE * self._noise(values))

    @property
    def suggestions(self) -> dict[str, float]:
        """Rule → rate; empty when nothing falls clearly, and no minimum where the loss still falls at the largest rate."""
        if not self.has_descent:
            return {}
        values = self._finite()
        lowest = int(np.argmin(values))
        slope = np.gradient(values[: lowest + 1]) if lowest else np.zeros(1)
        found = {STEEPEST: self.lr[int(np.argmin(slope))]}
        return found if self.falls_to_the_end else found | {MINIMUM: self.lr[lowest] / 10}

    @property
    def falls_to_the_end(self) -> bool:
        """Whether the lowest loss is that of the largest rate: larger ones may be better still."""
        values = self._finite()
        return self.stopped is None and len(values) > 1 and int(np.argmin(values)) >= len(values) - 2

    @property
    def lowest(self) -> tuple[float, float] | None:
        """Rate and value of the lowest average; None when no loss is finite."""
        values = self._finite()
        if not values:
            return None
        place = int(np.argmin(values))
        return self.lr[place], values[place]

    @property
    def warning(self) -> str:
        """What is to be told beside the suggestions; empty when nothing is."""
        if not self.loss or not math.isfinite(self.before):
            return "the loss is NaN or infinite before the first update; see `netspec doctor`"
        if not self.has_descent:
            return (
                f"the loss falls at no rate more clearly than it varies by chance (from {self.start:.4g} to "
                f"{self.lowest[1] if self.lowest else self.start:.4g}), so no rate is suggested; the network may be "
                "trained already, frozen too far, or the data may not fit it"
            )
        if self.falls_to_the_end:
            return f"the loss still falls at the largest rate, {self.lr[-1]:g}; raise --lr-max"
        return ""

    def _finite(self) -> list[float]:
        """The average up to the first loss that is no number."""
        values = self.smoothed
        ends = next((i for i, value in enumerate(values) if not math.isfinite(value)), len(values))
        return values[:ends]

    def _noise(self, values: list[float]) -> float:
        """Standard deviation of an averaged loss, from the scatter of the single ones around it on the way down."""
        ends = max(int(np.argmin(values)) + 1, 5)
        scatter = float(np.std(np.asarray(self.adjusted[:ends]) - np.asarray(values[:ends])))
        return scatter / math.sqrt(2 * math.sqrt(math.pi) * SIGMA)

    @property
    def _is_positive(self) -> bool:
        return all(value > 0 for value in (*self.loss, *self.untouched) if math.isfinite(value))


def smoothed(values: list[float]) -> list[float]:
    """Mean with the weights exp(−d²/2σ²) over steps at distance d; of logarithms where all losses are above 0.

    So a loss that explodes does not lift those before it. Up to the first value that is not finite.
    """
    ends = next((i for i, value in enumerate(values) if not math.isfinite(value)), len(values))
    y = np.asarray(values[:ends], np.float64)
    is_positive = bool((y > 0).all())
    place = np.arange(ends)
    weight = np.exp(-((place[:, None] - place[None, :]) ** 2) / (2 * SIGMA**2))
    mean = (weight @ (np.log(y) if is_positive else y)) / weight.sum(axis=1)
    return [*(np.exp(mean) if is_positive else mean).tolist(), *[math.nan] * (len(values) - ends)]
