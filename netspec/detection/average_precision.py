"""Average precision: the area under precision over recall, as PASCAL VOC (both ways) and COCO measure it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from netspec.detection.scoring import Bools

Floats = NDArray[np.float64]
Rule = Literal["voc", "voc2007", "coco"]


def average_precision(scores: Floats, hits: Bools, excused: Bools, objects: int, rule: Rule) -> float:
    """AP of one class at one threshold of IoU from all detections of an epoch; NaN where there are no objects.

    With the detections surest first (of equal scores the earlier one), recall r_k = hits among the first k / objects and
    precision p_k = hits among the first k / k, excused ones left out:
    voc2007  mean over r = 0, 0.1, …, 1 of max {p_k: r_k ≥ r}
    voc      Σ_k (r_k − r_{k−1}) · max {p_j: j ≥ k}
    coco     mean over r = 0, 0.01, …, 1 of max {p_j: j ≥ k}, k the first with r_k ≥ r; 0 where there is none
    Source: Everingham et al. 2010, IJCV 88, §4.2; VOC 2010 development kit; Lin et al. 2014, arXiv:1405.0312.
    """
    if objects == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    counted = order[~excused[order]]
    right = np.cumsum(hits[counted]).astype(np.float64)
    recall = right / objects
    precision = right / np.arange(1, len(right) + 1)
    return _AREAS[rule](recall, precision)


def _falling(precision: Floats) -> Floats:
    """max {p_j: j ≥ k} for every k."""
    envelope: Floats = np.maximum.accumulate(precision[::-1])[::-1]
    return envelope


def _voc2007(recall: Floats, precision: Floats) -> float:
    levels = np.arange(11) / 10
    best = [precision[recall >= level].max(initial=0.0) for level in levels]
    return float(np.mean(best))


def _voc(recall: Floats, precision: Floats) -> float:
    return float(np.sum(np.diff(recall, prepend=0.0) * _falling(precision)))


def _coco(recall: Floats, precision: Floats) -> float:
    places = np.searchsorted(recall, np.linspace(0.0, 1.0, 101), side="left")
    return float(np.append(_falling(precision), 0.0)[places].mean())


_AREAS: dict[Rule, Callable[[Floats, Floats], float]] = {"voc": _voc, "voc2007": _voc2007, "coco": _coco}
