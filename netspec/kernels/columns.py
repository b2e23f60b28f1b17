"""Per-channel work on a matrix (rows, channels): pictures are N·H·W rows of C channels, vectors N rows of F.

Few channels would make short inner loops, so per-channel numbers are *tiled*: repeated to `tile_width(channels)`
elements, and loops run over stretches of that width, which start at a row.
"""

from __future__ import annotations

from netspec.kernels.abi import DoublesOut, In, Out, kernel

WIDTH = 128
"""Least elements of a stretch; fits the first-level cache many times and fills the vector registers."""


def tile_width(channels: int) -> int:
    """Elements of tiled per-channel numbers: the least multiple of the channels that is at least WIDTH."""
    return channels * max(1, -(-WIDTH // channels))


@kernel
def tile(chunk: int, chunks: int, x: In, y: Out) -> None:
    """y[j] = x[j mod size of x]."""
    for j in range(y.size):
        y[j] = x[j % x.size]


@kernel
def tile_as_doubles(chunk: int, chunks: int, x: In, y: DoublesOut) -> None:
    """y[j] = x[j mod size of x]."""
    for j in range(y.size):
        y[j] = x[j % x.size]
