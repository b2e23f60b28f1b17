"""Segments of a picture by the minimum spanning forest of its pixels' differences."""

from __future__ import annotations

from netspec.kernels.abi import Array, Doubles, DoublesOut, Ints, IntsOut, inlined, kernel


@inlined
def root_of(parent: Array, i: int) -> int:
    """The representative of i's segment; halves the way to it."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def join_segments(
    chunk: int, chunks: int, first: Ints, second: Ints, weight: Doubles, parent: IntsOut, size: IntsOut,
    limit: DoublesOut, scale: Doubles, least: int,
) -> None:  # fmt: skip
    """parent = for each pixel the representative of its segment.

    first, second, weight: the edges in ascending order of weight. Two segments are joined where their lightest edge is
    not heavier than either's heaviest inner edge + scale[0] / its pixels; at last those of fewer than `least` pixels are.
    Source: Felzenszwalb & Huttenlocher 2004, IJCV 59, algorithm 1.
    """
    for i in range(parent.size):
        parent[i], size[i], limit[i] = i, 1, scale[0]
    for e in range(first.size):
        a, b = root_of(parent, first[e]), root_of(parent, second[e])
        if a != b and weight[e] <= limit[a] and weight[e] <= limit[b]:
            parent[b] = a
            size[a] += size[b]
            limit[a] = weight[e] + scale[0] / size[a]
    for e in range(first.size):
        a, b = root_of(parent, first[e]), root_of(parent, second[e])
        if a != b and (size[a] < least or size[b] < least):
            parent[b] = a
            size[a] += size[b]
    for i in range(parent.size):
        parent[i] = root_of(parent, i)
