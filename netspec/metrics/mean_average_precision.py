"""Mean average precision of detections."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

import numpy as np

from netspec.metrics.base import Counter
from netspec.metrics.detection_counts import DetectionMetric


class MeanAveragePrecision(DetectionMetric):
    """Mean over the classes of the average precision of detections, by the rule of PASCAL VOC or of COCO.

    AP = area under precision over recall, the detections of all pictures taken surest first; a hit overlaps an object
    of its class, that no surer one has found, by an IoU of at least `iou`. Classes without objects are left out; NaN
    when no class has any. Named after its rule: "mean_average_precision", "…_voc2007", "…_coco", "…_at_75".
    """

    type: Literal["mean_average_precision"] = "mean_average_precision"
    aliases: ClassVar[tuple[str, ...]] = ("map", "mAP", "MeanAveragePrecision", "map50", "mean_ap")
    is_share: ClassVar[bool] = True

    @classmethod
    def reports(cls, name: str) -> bool:
        return re.fullmatch(r"mean_average_precision(_voc2007|_coco)?(_at_[\d.]+)?", name) is not None

    def value(self, counter: Counter) -> float:
        found = self.by_class(counter)
        counted = found[~np.isnan(found)]
        return float(counted.mean()) if counted.size else float("nan")
