"""The order within each row, so that few links cross: barycentre sweeps, down and up in turn."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

from gui.canvas.layout.rows import Rows

SWEEPS = 12
BUDGET = 60_000
"""Nodes that all sweeps together look at; a large graph gets fewer sweeps, at least two."""


def order_rows(graph: Rows) -> None:
    """Reorder the rows in place; the best order that was seen stays. Equal barycentres keep their order."""
    _start(graph)
    if all(len(row) < 2 for row in graph.rows):
        return
    best, fewest = [list(row) for row in graph.rows], count_crossings(graph)
    for sweep in range(max(2, min(SWEEPS, BUDGET // len(graph.rank)))):
        if not fewest:
            break
        _sweep(graph, downwards=sweep % 2 == 0)
        crossings = count_crossings(graph)
        if crossings < fewest:
            best, fewest = [list(row) for row in graph.rows], crossings
    graph.rows = best


def count_crossings(graph: Rows) -> int:
    """Pairs of links between neighbouring rows that cross."""
    total = 0
    for upper, lower in zip(graph.rows, graph.rows[1:], strict=False):
        if len(upper) < 2 or len(lower) < 2:
            continue
        place = {node: at for at, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = [place[reader] for reader in graph.down[node]]
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def crosses_tall(graph: Rows) -> bool:
    """Whether a link crosses a node that takes several rows, which no order of the rows could avoid."""
    for upper, lower in pairwise(graph.rows):
        place = {node: at for at, node in enumerate(lower)}
        links = [
            (at, place[reader], graph.is_rigid(node, reader))
            for at, node in enumerate(upper)
            for reader in graph.down[node]
        ]
        rigid = [(above, below) for above, below, is_rigid in links if is_rigid]
        if any((a - above) * (b - below) < 0 for above, below in rigid for a, b, _ in links):
            return True
    return False


def _start(graph: Rows) -> None:
    """Nodes in the order in which they are met from the top, long links to the right of what they pass."""
    met: dict[int, int] = {}
    stack = [node for row in reversed(graph.rows) for node in reversed(row) if not graph.up[node]]
    while stack:
        node = stack.pop()
        if node in met:
            continue
        met[node] = len(met)
        stack += sorted(graph.down[node], key=lambda reader: (graph.is_waypoint(reader), reader), reverse=True)
    for row in graph.rows:
        row.sort(key=lambda node: (graph.is_waypoint(node), met[node]))


def _sweep(graph: Rows, *, downwards: bool) -> None:
    rows = graph.rows if downwards else graph.rows[::-1]
    neighbours = graph.up if downwards else graph.down
    for fixed, moving in pairwise(rows):
        if len(moving) > 1:
            _settle(fixed, moving, neighbours)


def _settle(fixed: Sequence[int], moving: list[int], neighbours: Sequence[Sequence[int]]) -> None:
    """Sort a row by the mean place of its neighbours; what has none keeps its place."""
    place = {node: at for at, node in enumerate(fixed)}
    free = [at for at, node in enumerate(moving) if neighbours[node]]
    means = {moving[at]: _mean([place[other] for other in neighbours[moving[at]]]) for at in free}
    for at, node in zip(free, sorted(means, key=means.__getitem__), strict=True):
        moving[at] = node


def _mean(places: Sequence[int]) -> float:
    return sum(places) / len(places)
