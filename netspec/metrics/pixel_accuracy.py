"""Pixel accuracy."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.metrics.confusion_counts import ConfusionMetric, Counts


class PixelAccuracy(ConfusionMetric):
    """Share of the pixels whose highest score is their class; pixels with the loss's ignore_index do not count.

    The same number as accuracy, under the name that segmentation gives it.
    """

    type: Literal["pixel_accuracy"] = "pixel_accuracy"
    aliases: ClassVar[tuple[str, ...]] = ("pixel_acc", "pixAcc", "overall_accuracy")
    is_share: ClassVar[bool] = True

    def from_counts(self, counts: Counts) -> float:
        return float(np.trace(counts) / counts.sum())
