"""Pictures larger than a network's input: where tiles lie, and how what they say is put together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from netspec.datasets.base import Array


class Tile(NamedTuple):
    """Row and column of a tile's upper left pixel."""

    top: int
    left: int


def tile_starts(length: int, tile: int, overlap: int = 0) -> list[int]:
    """First pixels of the fewest tiles that cover `length` pixels and share at least `overlap`, spread evenly.

    length ≥ tile > overlap.
    """
    count = 1 + -(-(length - tile) // (tile - overlap))
    return [round(i * (length - tile) / max(1, count - 1)) for i in range(count)]


def tiles_of(size: Sequence[int], tile: Sequence[int], overlap: int = 0) -> list[Tile]:
    """The tiles (height, width) that cover a picture (height, width), row by row."""
    rows, columns = (tile_starts(length, side, overlap) for length, side in zip(size, tile, strict=True))
    return [Tile(top, left) for top, left in product(rows, columns)]


def cut(picture: Array, tile: Tile, size: Sequence[int]) -> Array:
    """A tile of a picture (H, W, …); a view."""
    return picture[tile.top : tile.top + size[0], tile.left : tile.left + size[1]]


def stitch(pieces: Array, tiles: Sequence[Tile], size: Sequence[int]) -> Array:
    """What tiles (N, C, h, w) say of a picture (C, H, W): means where they overlap, weighted by the distance to the edge.

    A pixel at a tile's edge sees least of its surroundings, so the tile in whose middle it lies counts most.
    """
    _, channels, height, width = pieces.shape
    weight = np.minimum.outer(_distance_to_edge(height), _distance_to_edge(width))
    total, weights = np.zeros((channels, *size)), np.zeros(tuple(size))
    for piece, tile in zip(pieces, tiles, strict=True):
        place = (slice(tile.top, tile.top + height), slice(tile.left, tile.left + width))
        total[(slice(None), *place)] += weight * piece
        weights[place] += weight
    return np.asarray(total / weights)


def _distance_to_edge(length: int) -> Array:
    """1 at both ends, rising by 1 a pixel."""
    i = np.arange(length)
    return np.minimum(i, i[::-1]) + 1.0
