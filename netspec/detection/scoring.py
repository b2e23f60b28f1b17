"""Detections against the truth of one picture: which are hits, by the rules of PASCAL VOC and of COCO."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes, areas, iou_matrix, overlaps

Bools = NDArray[np.bool_]


class Verdicts(NamedTuple):
    """Of the detections of one class in one picture, surest first, for each threshold of IoU.

    scores: (K,); hits: (T, K) which found an object; excused: (T, K) which count neither as right nor as wrong.
    """

    scores: NDArray[np.float64]
    hits: Bools
    excused: Bools


def judge_voc(found: Boxes, scores: NDArray[np.float64], truth: Boxes, difficult: Bools, thresholds: list[float]) -> Verdicts:
    """PASCAL's rule: a detection is compared with the object it overlaps most, and each object is found once.

    A hit has IoU ≥ threshold with an object that no surer detection has found; a second one is wrong. What overlaps a
    difficult object most is excused. Of equal IoUs the first object counts. Unlike the MATLAB kit, sides get no + 1:
    edges are not pixels here.  Source: Everingham et al. 2010, IJCV 88, §4.2, and its development kit (VOCevaldet.m).
    """
    order = np.argsort(-scores, kind="stable")
    iou = iou_matrix(found[order], truth)
    hits, excused = (np.zeros((len(thresholds), len(order)), bool) for _ in range(2))
    if len(truth):
        nearest, best = iou.argmax(axis=1), iou.max(axis=1)
        for t, threshold in enumerate(thresholds):
            taken = np.zeros(len(truth), bool)
            for k in np.flatnonzero(best >= threshold):
                excused[t, k] = difficult[nearest[k]]
                hits[t, k] = not difficult[nearest[k]] and not taken[nearest[k]]
                taken[nearest[k]] = True
    return Verdicts(scores[order], hits, excused)


def judge_coco(
    found: Boxes, scores: NDArray[np.float64], truth: Boxes, crowd: Bools, thresholds: list[float], most: int
) -> Verdicts:
    """COCO's rule: surest first, a detection takes the free object that it overlaps most.

    Only the `most` surest count. A crowd is looked at when no object is left that fits; it can be taken any number of
    times, and what takes it is excused. The overlap with a crowd is the share of the detection that lies in it. Of equal
    overlaps the last object counts.  Source: Lin et al. 2014, arXiv:1405.0312, and its evaluation code (evaluateImg).
    """
    order = np.argsort(-scores, kind="stable")[:most]
    overlap = _coco_overlap(found[order], truth, crowd)
    hits, excused = (np.zeros((len(thresholds), len(order)), bool) for _ in range(2))
    for t, threshold in enumerate(thresholds):
        free = np.ones(len(truth), bool)
        for k in range(len(order)):
            chosen = _best(overlap[k], free & ~crowd, threshold)
            if chosen is None:
                excused[t, k] = _best(overlap[k], crowd, threshold) is not None
                continue
            hits[t, k], free[chosen] = True, False
    return Verdicts(scores[order], hits, excused)


def _coco_overlap(found: Boxes, truth: Boxes, crowd: Bools) -> NDArray[np.float64]:
    iou = iou_matrix(found, truth)
    own = areas(found)[:, None]
    share = np.divide(overlaps(found, truth), own, out=np.zeros_like(iou), where=own > 0)
    return np.where(crowd[None, :], share, iou)


def _best(overlap: NDArray[np.float64], allowed: Bools, threshold: float) -> int | None:
    """The last of the allowed objects with the greatest overlap, if that reaches the threshold."""
    least = min(threshold, 1 - 1e-10)  # 1 itself would be missed by rounding, as the evaluation code says
    value = np.where(allowed, overlap, -1.0)[::-1]
    if not value.size or value.max() < least:
        return None
    return len(value) - 1 - int(value.argmax())
