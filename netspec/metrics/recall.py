"""Recall."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.metrics.class_score import ClassScore, Floats, divide
from netspec.metrics.confusion_counts import Counts


class Recall(ClassScore):
    """Of the samples of a class, the share that was predicted as it: TP / T; averaged over the classes."""

    type: Literal["recall"] = "recall"
    aliases: ClassVar[tuple[str, ...]] = ("sensitivity", "true_positive_rate")

    def ratio(self, hits: Counts, predicted: Counts, true: Counts) -> Floats:
        return divide(hits, true)
