"""What the metrics of detection count: for each class how many objects there are, and the verdict on every detection."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.detection.average_precision import Rule, average_precision
from netspec.detection.boxes import as_boxes
from netspec.detection.scoring import Verdicts, judge_coco, judge_voc
from netspec.metrics.base import Array, Counter, Metric

COCO_THRESHOLDS = [round(0.5 + 0.05 * step, 2) for step in range(10)]
COCO_MOST = 100


class DetectionMetric(Metric):
    """Base of the metrics of detections.

    Outputs are detections (N, K, 6): rows [class, score, x1, y1, x2, y2] with class −1 where there are no more; targets
    are boxes (N, M, 5): rows [class, x1, y1, x2, y2] with class −1 where there are no more, and class −2 − c for an
    object of class c that counts neither as found nor as missed: VOC's "difficult" ones, COCO's crowds.
    """

    task: ClassVar[Literal["classification", "regression", "detection"]] = "detection"
    rule: Rule = "voc"
    """"voc": all points of the curve (PASCAL VOC from 2010 on); "voc2007": 11 points; "coco": 101 points, the mean over
    IoU 0.50, 0.55, …, 0.95, at most 100 detections a picture and class."""
    iou: float | None = Field(default=None, gt=0, le=1)
    """Least intersection over union of a hit; without this key 0.5, or the ten thresholds of "coco"."""

    def thresholds(self) -> list[float]:
        """IoUs from which a detection is a hit."""
        if self.iou is not None:
            return [self.iou]
        return list(COCO_THRESHOLDS) if self.rule == "coco" else [0.5]

    def better_name(self) -> str:
        is_usual = self.iou is None or (self.rule != "coco" and self.iou == 0.5)
        at = "" if is_usual else f"_at_{100 * (self.iou or 0):g}"
        return self.type_name() + ("" if self.rule == "voc" else f"_{self.rule}") + at

    def counter(self, classes: int | None) -> Counter:
        return DetectionCounts(self.rule, self.thresholds())

    def by_class(self, counter: Counter) -> Array:
        """(C,) AP of each class, the mean over the thresholds; NaN for classes without objects."""
        assert isinstance(counter, DetectionCounts)
        return counter.average_precisions()


class DetectionCounts(Counter):
    """Per class: the number of objects, and for every detection its score and whether it is a hit or excused."""

    def __init__(self, rule: Rule, thresholds: list[float]) -> None:
        self.rule, self.thresholds = rule, thresholds
        self.key = ("detection", "coco" if rule == "coco" else "voc", rule, *thresholds)
        self._pictures = 0
        self._objects: dict[int, int] = {}
        self._verdicts: dict[int, list[Verdicts]] = {}

    def update(self, outputs: Array, targets: Array) -> None:
        if outputs.ndim != 3 or outputs.shape[2] != 6 or targets.ndim != 3 or targets.shape[2] != 5:
            raise ValueError(
                f"metrics: detections have shape {outputs.shape}, boxes {targets.shape}; give (N, K, 6) rows of class, "
                "score, box, and (N, M, 5) rows of class, box"
            )
        for found, truth in zip(np.asarray(outputs, np.float64), np.asarray(targets, np.float64), strict=True):
            self._count(found[found[:, 0] >= 0], truth[truth[:, 0] != -1])
        self._pictures += len(outputs)

    def _count(self, found: Array, truth: Array) -> None:
        """One picture: detections (K, 6) and objects (M, 5)."""
        ignored = truth[:, 0] < 0
        labels = np.where(ignored, -2 - truth[:, 0], truth[:, 0])
        for label in np.unique(np.concatenate([labels, found[:, 0]])).astype(int).tolist():
            mine, objects = found[found[:, 0] == label], labels == label
            scores = np.where(np.isnan(mine[:, 1]), -np.inf, mine[:, 1])
            arguments = (as_boxes(mine[:, 2:]), scores, as_boxes(truth[objects, 1:]), ignored[objects], self.thresholds)
            verdicts = judge_coco(*arguments, COCO_MOST) if self.rule == "coco" else judge_voc(*arguments)
            self._objects[label] = self._objects.get(label, 0) + int((objects & ~ignored).sum())
            self._verdicts.setdefault(label, []).append(verdicts)

    def average_precisions(self) -> Array:
        """(C,) the mean over the thresholds for each class up to the highest one seen. ValueError when nothing was counted."""
        if not self._pictures:
            raise ValueError("metrics: nothing was counted; call update with at least one picture before compute")
        return np.array([self._of_class(label) for label in range(1 + max(self._objects, default=-1))])

    def _of_class(self, label: int) -> float:
        if not self._objects.get(label):
            return float("nan")
        parts = self._verdicts[label]
        scores = np.concatenate([part.scores for part in parts])
        hits, excused = (np.concatenate([part[k] for part in parts], axis=1) for k in (1, 2))
        objects = self._objects[label]
        values = [average_precision(scores, hits[t], excused[t], objects, self.rule) for t in range(len(hits))]
        return float(np.mean(values))

    def state(self) -> dict[str, Any]:
        classes = {
            str(label): {
                "objects": self._objects[label],
                "scores": [np.maximum(part.scores, -1e308).tolist() for part in parts],
                "hits": [part.hits.astype(int).tolist() for part in parts],
                "excused": [part.excused.astype(int).tolist() for part in parts],
            }
            for label, parts in self._verdicts.items()
        }
        return {"pictures": self._pictures, "classes": classes}

    def restore(self, state: dict[str, Any]) -> None:
        self._pictures = state["pictures"]
        self._objects = {int(label): entry["objects"] for label, entry in state["classes"].items()}
        self._verdicts = {int(label): self._restored(entry) for label, entry in state["classes"].items()}

    def _restored(self, entry: dict[str, Any]) -> list[Verdicts]:
        shape = (len(self.thresholds), -1)
        return [
            Verdicts(np.array(scores, np.float64), np.array(hits, bool).reshape(shape), np.array(no, bool).reshape(shape))
            for scores, hits, no in zip(entry["scores"], entry["hits"], entry["excused"], strict=True)
        ]
