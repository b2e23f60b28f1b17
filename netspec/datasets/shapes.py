"""Small drawings of shapes at random places, sizes and brightness, with noise."""

from __future__ import annotations

import numpy as np

from netspec.datasets.base import Array

SHAPES = ("circle", "square", "triangle", "cross", "ring", "diamond", "bar", "pole")

_BLOCK = 1024  # pictures at a time


def draw_shapes(labels: Array, size: int, noise: float, rng: np.random.Generator) -> Array:
    """Pictures (N, size, size, 1) uint8 of SHAPES[label], bright on black, edges smoothed over one pixel.

    Radius 0.22…0.36 of the side, the whole shape inside the picture, brightness 0.6…1, plus normal noise of standard
    deviation `noise` (1 = white).
    """
    n = len(labels)
    radius = rng.uniform(0.22, 0.36, n) * size
    centre = radius[:, None] + rng.uniform(0.0, 1.0, (n, 2)) * (size - 2 * radius)[:, None]
    bright = rng.uniform(0.6, 1.0, n)
    out = np.empty((n, size, size, 1), np.uint8)
    pixel = np.arange(size) + 0.5
    for start in range(0, n, _BLOCK):
        block = slice(start, min(start + _BLOCK, n))
        dy = pixel[None, :, None] - centre[block, 0, None, None]
        dx = pixel[None, None, :] - centre[block, 1, None, None]
        picture = np.zeros((block.stop - start, size, size))
        for label in np.unique(labels[block]):
            rows = np.flatnonzero(labels[block] == label)
            inside = _depth(SHAPES[label], dx[rows], dy[rows], radius[block][rows, None, None])
            picture[rows] = np.clip(inside + 0.5, 0.0, 1.0)
        picture *= bright[block, None, None]
        picture += rng.normal(0.0, noise, picture.shape)
        out[block, ..., 0] = np.floor(np.clip(picture, 0.0, 1.0) * 255 + 0.5)
    return out


def _depth(shape: str, dx: Array, dy: Array, r: Array) -> Array:
    """How far a pixel lies inside the shape's outline, in pixels; negative outside. dx, dy: from the centre."""
    across, along = np.abs(dx), np.abs(dy)
    match shape:
        case "circle":
            return r - np.hypot(dx, dy)
        case "square":
            return 0.85 * r - np.maximum(across, along)
        case "triangle":
            return _both(0.5 * r - dy, 0.5 * (r + dy) - 0.866 * across)
        case "cross":
            return -_both(-_both(r - across, 0.25 * r - along), -_both(0.25 * r - across, r - along))
        case "ring":
            return 0.2 * r - np.abs(np.hypot(dx, dy) - 0.8 * r)
        case "diamond":
            return 0.7071 * (r - across - along)
        case "bar":
            return _both(r - across, 0.25 * r - along)
        case "pole":
            return _both(0.25 * r - across, r - along)
    raise ValueError(f"no such shape: {shape}")


def _both(a: Array, b: Array) -> Array:
    """Depth in the intersection of two outlines; the union is −both(−a, −b)."""
    depth: Array = np.minimum(a, b)
    return depth
