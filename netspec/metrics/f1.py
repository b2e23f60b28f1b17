"""F1 score."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.metrics.class_score import ClassScore, Floats, divide
from netspec.metrics.confusion_counts import Counts


class F1(ClassScore):
    """Harmonic mean of precision and recall of each class: 2·TP / (P + T); averaged over the classes.

    Macro is the mean of the classes' F1, not the F1 of mean precision and mean recall.
    """

    type: Literal["f1"] = "f1"
    aliases: ClassVar[tuple[str, ...]] = ("f1_score", "f_score", "f_measure")

    def ratio(self, hits: Counts, predicted: Counts, true: Counts) -> Floats:
        return divide(2 * hits, predicted + true)
