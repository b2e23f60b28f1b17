"""Drawings of cells and the membranes between them, with noise: a class for every pixel."""

from __future__ import annotations

import numpy as np

from netspec.datasets.base import Array

CELL_CLASSES = ("membrane", "cell")
APART = 18.0
"""Pixels from the middle of one cell to the next, about."""
WIDTH = 2.0
"""Half of a membrane, in pixels."""


def draw_cells(count: int, size: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Pictures (N, size, size, 1) uint8 and labels (N, size, size) uint8 of CELL_CLASSES.

    A pixel belongs to the nearest of some random points, and to the membrane where the second nearest is hardly further.
    Membranes are dark, as are small grains inside of cells that are none; plus normal noise of standard deviation `noise`
    (1 = white).
    """
    x, y = np.empty((count, size, size, 1), np.uint8), np.empty((count, size, size), np.uint8)
    for number in range(count):
        depth, cell, cells = _voronoi(size, rng)
        bright = rng.uniform(0.55, 0.9, cells)[cell]
        inside = np.clip(depth - WIDTH + 0.5, 0.0, 1.0)  # edges smoothed over one pixel
        picture = (0.2 + (bright - 0.2) * inside) * _grains(size, rng) + rng.normal(0.0, noise, (size, size))
        x[number, ..., 0] = np.floor(np.clip(picture, 0.0, 1.0) * 255 + 0.5)
        y[number] = depth > WIDTH
    return x, y


def _voronoi(size: int, rng: np.random.Generator) -> tuple[Array, Array, int]:
    """Distance of each pixel to its cell's border, the number of its cell, and how many cells there are."""
    side = int(np.ceil(size / APART)) + 2
    corners = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), axis=-1).reshape(-1, 2)
    points = (corners - 1 + rng.uniform(0.1, 0.9, corners.shape)) * APART
    pixel = np.stack(np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5, indexing="ij"), axis=-1)
    distance = np.linalg.norm(pixel[:, :, None] - points, axis=-1)
    near = np.argpartition(distance, 1, axis=-1)[..., :2]
    first, second = np.moveaxis(np.take_along_axis(distance, near, axis=-1), -1, 0)
    gap = np.linalg.norm(points[near[..., 0]] - points[near[..., 1]], axis=-1)
    return (second**2 - first**2) / (2 * gap), near[..., 0], len(points)


def _grains(size: int, rng: np.random.Generator) -> Array:
    """Factors (size, size) below 1 in small discs."""
    factor = np.ones((size, size))
    i, j = np.ogrid[:size, :size]
    for row, column, radius in rng.uniform((0, 0, 0.8), (size, size, 2.2), (size * size // 250, 3)):
        factor[(i - row) ** 2 + (j - column) ** 2 < radius**2] = 0.45
    return factor
