"""Anchors: boxes of fixed sizes and forms around every cell of a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netspec.detection.boxes import Boxes


def cell_centres(height: int, width: int, stride: float) -> NDArray[np.float64]:
    """(H·W, 2) x and y of the middles of a grid's cells, row by row, in pixels of the input."""
    y, x = np.mgrid[0:height, 0:width]
    return (np.stack([x.reshape(-1), y.reshape(-1)], axis=1) + 0.5) * stride


def anchors(height: int, width: int, stride: float, sizes: Sequence[float], ratios: Sequence[float] = (1.0,)) -> Boxes:
    """(H·W·A, 4) cell by cell, in each all ratios of the first size, then of the next; A = sizes · ratios.

    An anchor of size s and ratio r = height / width has the area s²: sides s/√r and s·√r.
    Source: Ren et al. 2015, arXiv:1506.01497, §3.1.1.
    """
    size, ratio = (a.reshape(-1) for a in np.meshgrid(np.asarray(sizes, float), np.asarray(ratios, float), indexing="ij"))
    half = 0.5 * np.stack([size / np.sqrt(ratio), size * np.sqrt(ratio)], axis=1)
    centres = cell_centres(height, width, stride)
    low, high = centres[:, None] - half, centres[:, None] + half
    return np.concatenate([low, high], axis=2).reshape(-1, 4)
