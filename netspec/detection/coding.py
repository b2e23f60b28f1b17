"""The coding of a box as an offset from another one, in which regions are corrected by R-CNN and its followers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes

WEIGHTS = (10.0, 10.0, 5.0, 5.0)
"""Factors of (dx, dy, log dw, log dh): the inverse of their usual deviations 0.1, 0.1, 0.2, 0.2 (Fast R-CNN's code)."""
MOST_LOG = math.log(1000 / 16)
"""Greatest log of a side's growth that is decoded: an untrained network must not make infinite boxes."""


def encode(boxes: Boxes, references: Boxes, weights: tuple[float, ...] = WEIGHTS) -> NDArray[np.float64]:
    """(N, 4) offsets of `boxes` from `references`, row by row.

    with centre (x, y) and sides (w, h), those of the reference with index r:
    t = ((x − x_r)/w_r, (y − y_r)/h_r, ln(w/w_r), ln(h/h_r)) · weights
    Boxes without area have no code: NaN or infinite.  Source: Girshick et al. 2014, arXiv:1311.2524, eq. 6–9.
    """
    x, sides = _centre_and_sides(boxes)
    x_r, sides_r = _centre_and_sides(references)
    with np.errstate(divide="ignore", invalid="ignore"):
        codes: NDArray[np.float64] = np.concatenate([(x - x_r) / sides_r, np.log(sides / sides_r)], axis=1)
    weighted: NDArray[np.float64] = codes * np.asarray(weights)
    return weighted


def decode(codes: NDArray[np.float64], references: Boxes, weights: tuple[float, ...] = WEIGHTS) -> Boxes:
    """(N, 4) boxes of the offsets; inverse of `encode` for logs up to MOST_LOG."""
    offsets = codes / np.asarray(weights)
    x_r, sides_r = _centre_and_sides(references)
    x = x_r + offsets[:, :2] * sides_r
    half = 0.5 * sides_r * np.exp(np.minimum(offsets[:, 2:], MOST_LOG))
    return np.concatenate([x - half, x + half], axis=1)


def _centre_and_sides(boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes[:, :2] + 0.5 * sides, sides
