"""Boxes as rows [x1, y1, x2, y2]: edges in pixels, x to the right, y down; a box is as wide as x2 − x1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Boxes = NDArray[np.float64]
NO_BOX = -1.0
"""Class of a row that pads a list of boxes."""


def as_boxes(values: ArrayLike) -> Boxes:
    """Any rows of four numbers as (N, 4) float64; nothing at all as (0, 4)."""
    boxes = np.asarray(values, np.float64)
    return boxes.reshape(0, 4) if boxes.size == 0 else boxes.reshape(-1, 4)


def areas(boxes: Boxes) -> NDArray[np.float64]:
    """(N,) width · height; 0 for a box whose right edge is not right of its left one, or turned over."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)
    product: NDArray[np.float64] = sides[..., 0] * sides[..., 1]
    return product


def overlaps(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """(N, M) areas of the intersections."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return areas(np.concatenate([low, high], axis=-1))


def iou_matrix(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """(N, M) intersection over union; 0 where the union is empty (two boxes without area).

    Edges are not pixels: no 1 is added to a side.  Source: Everingham et al. 2010, IJCV 88, §4.2.
    """
    shared = overlaps(first, second)
    union = areas(first)[:, None] + areas(second)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def clip_boxes(boxes: NDArray[Any], height: float, width: float) -> NDArray[Any]:
    """The parts of boxes inside a picture; a box outside keeps no area."""
    most = np.array([width, height, width, height], boxes.dtype)
    clipped: NDArray[Any] = np.clip(boxes, np.zeros(4, boxes.dtype), most)
    return clipped


def are_sound(boxes: Boxes) -> NDArray[np.bool_]:
    """(N,) whether a box has finite edges and an area."""
    return np.isfinite(boxes).all(axis=1) & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])


def describe(box: ArrayLike) -> str:
    """A box for people: "(504, 337, 504, 337)"."""
    return "(" + ", ".join(f"{value:g}" for value in np.asarray(box, np.float64)) + ")"
