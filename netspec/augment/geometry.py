"""Affine maps of places in a batch of pictures: composed, turned about the middle, and applied to boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.augment.base import Floats, Size, identity_maps

LEAST_SIDE, LEAST_SHARE = 1.0, 0.1
"""A box stays when it is so many pixels wide and high, and so much of its area is still in the picture."""


def compose(first: Floats, second: Floats) -> Floats:
    """The maps of doing `first` and then `second`: places of the last picture → places of the first one."""
    made = np.empty_like(first)
    made[:, :, :2] = first[:, :, :2] @ second[:, :, :2]
    made[:, :, 2] = np.einsum("nij,nj->ni", first[:, :, :2], second[:, :, 2]) + first[:, :, 2]
    return made


def about_middle(linear: Floats, shift: Floats, size: Size) -> Floats:
    """Maps p → L·(p − middle − shift) + middle. linear: (n, 2, 2); shift: (n, 2), x and y, where the middle comes to lie."""
    maps = identity_maps(len(linear))
    middle = np.array([size[1] / 2, size[0] / 2])
    maps[:, :, :2] = linear
    maps[:, :, 2] = middle - np.einsum("nij,nj->ni", linear, middle + shift)
    return maps


def move_boxes(boxes: NDArray[np.float32], maps: Floats, made: Size) -> NDArray[np.float32]:
    """(n, M, 5) [class, x1, y1, x2, y2] where they are in the new pictures: the frame of the four corners, cut at the borders.

    Boxes of which too little is left (LEAST_SIDE, LEAST_SHARE), and those of class −1, get class −1 and no size. Classes below
    −1, of objects that do not count, stay.
    """
    inverse = np.linalg.inv(maps[:, :, :2])
    x1, y1, x2, y2 = (boxes[..., k].astype(np.float64) for k in range(1, 5))
    corners = np.stack([[x1, y1], [x2, y1], [x1, y2], [x2, y2]]).transpose(2, 3, 0, 1)  # (n, M, 4, 2)
    moved = np.einsum("nij,nmcj->nmci", inverse, corners - maps[:, None, None, :, 2])
    low, high = moved.min(axis=2), moved.max(axis=2)
    limit = np.array([made[1], made[0]], np.float64)
    cut_low, cut_high = np.clip(low, 0, limit), np.clip(high, 0, limit)
    sides = cut_high - cut_low
    whole = np.maximum(np.prod(high - low, axis=2), np.finfo(np.float64).tiny)
    stays = (boxes[..., 0] != -1) & (sides >= LEAST_SIDE).all(axis=2) & (np.prod(sides, axis=2) >= LEAST_SHARE * whole)
    found = np.concatenate([boxes[..., :1], cut_low, cut_high], axis=2).astype(np.float32)
    found[~stays] = [-1, 0, 0, 0, 0]
    return found
