"""Non-maximum suppression: of boxes that show one object only the surest stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes, iou_matrix

Index = NDArray[np.int64]


def suppress(boxes: Boxes, scores: NDArray[np.float64], threshold: float) -> Index:
    """Rows that stay, surest first: each one removes all less sure boxes whose IoU with it is above the threshold.

    Of equal scores the earlier row wins, so the result does not depend on how a sort is made; a NaN score never wins.
    Source: Felzenszwalb et al. 2010, PAMI 32, §7; the strict comparison is torchvision's.
    """
    order = np.argsort(-scores, kind="stable")
    alive = ~np.isnan(scores[order])
    ordered = boxes[order]
    kept = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(order[i])
        rest = np.flatnonzero(alive[i + 1 :]) + i + 1
        near = iou_matrix(ordered[i : i + 1], ordered[rest])[0] > threshold
        alive[rest[near]] = False
    return np.array(kept, np.int64)


def suppress_by_class(boxes: Boxes, scores: NDArray[np.float64], classes: Index, threshold: float) -> Index:
    """The same among the boxes of each class alone; rows surest first, of equal scores the earlier one."""
    rows = [np.flatnonzero(classes == label) for label in np.unique(classes)]
    kept = [chosen[suppress(boxes[chosen], scores[chosen], threshold)] for chosen in rows]
    together = np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.int64)
    return together[np.argsort(-scores[together], kind="stable")]
