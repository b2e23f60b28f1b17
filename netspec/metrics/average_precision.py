"""Average precision of each class of detections."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from netspec.metrics.base import Array, Counter, Direction
from netspec.metrics.detection_counts import DetectionMetric


class AveragePrecision(DetectionMetric):
    """Average precision of detections, one number for each class: what mean_average_precision is the mean of.

    (C,) in the order of the classes, up to the highest one that occurs; NaN for a class without objects.
    """

    type: Literal["average_precision"] = "average_precision"
    aliases: ClassVar[tuple[str, ...]] = ("ap", "AP", "ap_per_class")
    is_share: ClassVar[bool] = True
    direction: ClassVar[Direction | None] = None

    @classmethod
    def reports(cls, name: str) -> bool:
        return re.fullmatch(r"average_precision(_voc2007|_coco)?(_at_[\d.]+)?", name) is not None

    def value(self, counter: Counter) -> Array:
        return self.by_class(counter)
