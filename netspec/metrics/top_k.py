"""Top-k accuracy."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.metrics.base import Array, Counter, Metric
from netspec.metrics.scores import class_indices, class_scores, declared_classes, number_of_classes


class TopK(Metric):
    """Share of samples whose class is among the k highest scores.

    Of equal scores the first class ranks higher, so top_k with k = 1 is accuracy. A NaN output is wrong.
    """

    type: Literal["top_k"] = "top_k"
    aliases: ClassVar[tuple[str, ...]] = ("top_k_accuracy", "top_5", "top5", "top_k_categorical_accuracy")
    is_share: ClassVar[bool] = True

    k: int = Field(default=5, ge=1)
    """How many of the highest scores may hold the true class; at most the number of classes."""

    def better_name(self) -> str:
        return f"top_{self.k}"

    @classmethod
    def reports(cls, name: str) -> bool:
        return re.fullmatch(r"top_[1-9]\d*", name) is not None

    def counter(self, classes: int | None) -> Counter:
        return TopKCounts(self.k, classes)

    def value(self, counter: Counter) -> float:
        assert isinstance(counter, TopKCounts)
        if counter.samples == 0:
            raise ValueError("metrics: nothing was counted; call update with at least one sample before compute")
        return counter.hits / counter.samples


class TopKCounts(Counter):
    """Samples, and those with their class among the k highest scores."""

    def __init__(self, k: int, classes: int | None) -> None:
        self.k, self.classes = k, declared_classes(classes)
        self.key = ("top_k", k, self.classes)
        self.hits = self.samples = 0
        if self.classes is not None:
            self._check(self.classes)

    def _check(self, classes: int) -> None:
        if self.k > classes:
            raise ValueError(f"metrics: top_k: k {self.k} exceeds the {classes} classes; use k ≤ {classes}")

    def update(self, outputs: Array, targets: Array) -> None:
        scores = class_scores(outputs)
        self.classes = number_of_classes(self.classes, scores)
        self._check(self.classes)
        true = class_indices(targets, outputs, self.classes)
        self.hits += int((_rank(scores, true) < self.k).sum())
        self.samples += len(true)

    def state(self) -> dict[str, Any]:
        return {"hits": self.hits, "samples": self.samples}

    def restore(self, state: dict[str, Any]) -> None:
        self.hits, self.samples = state["hits"], state["samples"]


def _rank(scores: Array, true: Array) -> Array:
    """(M,) number of classes before the true one in descending order; C where the row has NaN or −∞ alone."""
    own = np.take_along_axis(scores, true[:, None], axis=1)
    earlier = np.arange(scores.shape[1]) < true[:, None]
    rank: Array = ((scores > own) | ((scores == own) & earlier)).sum(axis=1)
    return np.where(scores.max(axis=1) > -np.inf, rank, scores.shape[1])
