"""Which object a candidate box stands for: the rule by which regions and anchors get their labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes, iou_matrix

BACKGROUND, BETWEEN = -1, -2
"""Instead of an object: clearly none; too little for an object, too much for background."""


def match(
    candidates: Boxes, objects: Boxes, foreground: float = 0.5, background: float = 0.5, *, each_has_one: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each candidate the index of its object, BACKGROUND or BETWEEN; and its greatest IoU with any object.

    The object of the greatest IoU, the first of equals, where that is at least `foreground`; BACKGROUND below
    `background`. each_has_one: the candidates that fit an object best get their nearest object, however little they fit
    (if they touch it at all).  Source: Girshick 2015, arXiv:1504.08083, §2.3; Ren et al. 2015, arXiv:1506.01497, §3.1.2.
    """
    if not len(objects):
        return np.full(len(candidates), BACKGROUND, np.int64), np.zeros(len(candidates))
    iou = iou_matrix(candidates, objects)
    nearest, best = iou.argmax(axis=1), iou.max(axis=1)
    found = np.where(best >= foreground, nearest, np.where(best < background, BACKGROUND, BETWEEN))
    if each_has_one and len(candidates):
        top = iou.max(axis=0)
        fits = ((iou == top) & (top > 0)).any(axis=1)
        found[fits] = nearest[fits]
    return found.astype(np.int64), best
