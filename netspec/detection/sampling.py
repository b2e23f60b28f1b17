"""Regions and what they are to be called: labels and coded boxes, and the choice of those that are trained on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes, are_sound
from netspec.detection.coding import encode
from netspec.detection.matching import match

PADDING = -1
"""Edges of a region that is none, and its label."""


class Labelled(NamedTuple):
    """rois (R, 4); labels (R,): 0 background, c + 1 an object of class c, −1 padding; codes (R, 5): label and coded box."""

    rois: Boxes
    labels: NDArray[np.int64]
    codes: NDArray[np.float64]


def label_regions(rois: Boxes, boxes: Boxes, classes: NDArray[np.int64], overlap: float = 0.5) -> Labelled:
    """What each region is: an object whose box it overlaps by an IoU of `overlap` or more, background, or padding.

    rois: rows of −1 are padding. boxes (K, 4), classes (K,): the objects.  Source: Girshick 2015, arXiv:1504.08083, §2.3.
    """
    found, _ = match(rois, boxes, overlap, overlap)
    labels = np.where(found >= 0, classes[found] + 1 if len(classes) else 0, 0)
    labels[~are_sound(rois)] = PADDING
    codes = np.zeros((len(rois), 5))
    codes[:, 0] = labels
    objects = np.flatnonzero(labels > 0)
    if len(objects):
        codes[objects, 1:] = encode(boxes[found[objects]], rois[objects])
    return Labelled(rois, labels.astype(np.int64), codes)


def sample_regions(
    rois: Boxes,
    boxes: Boxes,
    classes: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
    foreground: float = 0.25,
    overlap: float = 0.5,
) -> Labelled:
    """`count` of the regions and of the objects' own boxes, at most the share `foreground` of them objects; padded with −1.

    Without enough objects there is more background, and the other way round never.
    """
    together = label_regions(np.concatenate([rois[are_sound(rois)], boxes]), boxes, classes, overlap)
    objects = rng.permutation(np.flatnonzero(together.labels > 0))[: max(1, round(foreground * count))]
    background = rng.permutation(np.flatnonzero(together.labels == 0))[: count - len(objects)]
    chosen = np.concatenate([objects, background])
    made = Labelled(np.full((count, 4), float(PADDING)), np.full(count, PADDING), np.zeros((count, 5)))
    made.codes[:, 0] = PADDING
    for out, values in zip(made, together, strict=True):
        out[: len(chosen)] = values[chosen]
    return made
