"""From what a network says about places in a picture to its detections: the last steps, the same for all detectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes, are_sound
from netspec.detection.suppression import suppress_by_class

MOST = 2000
"""Candidates that are compared with each other, the surest ones: a network that has learned nothing makes thousands."""


class Candidates(NamedTuple):
    """boxes (K, 4), scores (K,) in 0 … 1, classes (K,): many rows for one object."""

    boxes: Boxes
    scores: NDArray[np.float64]
    classes: NDArray[np.int64]


@runtime_checkable
class Detects(Protocol):
    """A loss that knows what its outputs mean: the only thing that differs from detector to detector."""

    nms_threshold: float
    max_detections: int

    def candidates(self, outputs: Mapping[str, NDArray[Any]], rois: NDArray[Any] | None) -> list[Candidates]:
        """For each sample of a batch; outputs by name (N, …), rois (N, R, 4) for networks that read regions."""


def best_of(candidates: Sequence[Candidates], rule: Detects) -> NDArray[np.float64]:
    """(max_detections, 6) rows [class, score, x1, y1, x2, y2] of one picture, surest first, class −1 beyond the last.

    candidates: of all samples that belong to the picture. Boxes without area or with NaN are left out.
    """
    boxes, scores, classes = (np.concatenate([item[k] for item in candidates]) for k in range(3))
    sound = np.flatnonzero(are_sound(boxes) & ~np.isnan(scores))
    sound = sound[np.argsort(-scores[sound], kind="stable")][:MOST]
    kept = sound[suppress_by_class(boxes[sound], scores[sound], classes[sound], rule.nms_threshold)]
    kept = kept[: rule.max_detections]
    rows = np.zeros((rule.max_detections, 6))
    rows[:, 0] = -1
    rows[: len(kept)] = np.concatenate([classes[kept, None], scores[kept, None], boxes[kept]], axis=1)
    return rows
