"""Intersection over union of each class."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.metrics.base import Array, Direction
from netspec.metrics.confusion_counts import ConfusionMetric, Counts
from netspec.metrics.mean_iou import iou_of_classes


class ClassIoU(ConfusionMetric):
    """Intersection over union of each class, one number for each: what mean_iou is the mean of.

    (C,) in the order of the classes; NaN for a class that occurs neither among the targets nor among the predictions.
    """

    type: Literal["class_iou"] = "class_iou"
    aliases: ClassVar[tuple[str, ...]] = ("iou_per_class", "per_class_iou")
    direction: ClassVar[Direction | None] = None

    def from_counts(self, counts: Counts) -> Array:
        scores, occurs = iou_of_classes(counts)
        return np.where(occurs, scores, np.nan)
