"""Precision."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.metrics.class_score import ClassScore, Floats, divide
from netspec.metrics.confusion_counts import Counts


class Precision(ClassScore):
    """Of the samples predicted as a class, the share that is of that class: TP / P; averaged over the classes."""

    type: Literal["precision"] = "precision"
    aliases: ClassVar[tuple[str, ...]] = ("positive_predictive_value",)

    def ratio(self, hits: Counts, predicted: Counts, true: Counts) -> Floats:
        return divide(hits, predicted)
