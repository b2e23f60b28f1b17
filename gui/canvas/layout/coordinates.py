"""Places across the page: the method of Brandes & Köpf 2001 ("Fast and simple horizontal coordinate assignment").

Four layouts, each with chains of nodes in one column as far as their median neighbours allow, aligned to the upper or lower
row and packed to the left or to the right; the mean of the two middle ones is taken. Columns are packed by longest paths
over the graph of columns instead of the paper's classes, whose published form has an error (Brandes, Walter & Zink 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gui.canvas.layout.rows import Rows

Extent = tuple[float, float]
"""How far a node reaches to the left and right of its x."""


def place_across(graph: Rows, extents: Sequence[Extent]) -> list[float]:
    """x of every node and waypoint; neighbours in a row are as far apart as their extents say."""
    conflicts = _conflicts(graph)
    layouts = []
    for is_upward in (False, True):
        rows = graph.rows[::-1] if is_upward else graph.rows
        neighbours = graph.down if is_upward else graph.up
        for is_right in (False, True):
            sign = -1 if is_right else 1
            turned = [row[::-1] for row in rows] if is_right else rows
            sides = [(right, left) for left, right in extents] if is_right else extents
            columns = _align(graph, turned, neighbours, conflicts)
            layouts.append([sign * x for x in _pack(turned, columns, sides)])
    return _balance(layouts, extents)


def _conflicts(graph: Rows) -> set[tuple[int, int]]:
    """Links that cross the middle part of a long one; they must not pull it out of its column."""
    found: set[tuple[int, int]] = set()
    for upper, lower in zip(graph.rows, graph.rows[1:], strict=False):
        above = {node: at for at, node in enumerate(upper)}
        first, start = 0, 0
        for at, node in enumerate(lower):
            inner = next((other for other in graph.up[node] if graph.is_inner(other, node)), None)
            if inner is None and at < len(lower) - 1:
                continue
            last = above[inner] if inner is not None else len(upper) - 1
            for other in lower[start : at + 1]:
                for giver in graph.up[other]:
                    if not first <= above[giver] <= last and not graph.is_inner(giver, other):
                        found.add((giver, other))
            start, first = at + 1, last
    return found


def _align(
    graph: Rows, rows: Sequence[Sequence[int]], neighbours: Sequence[Sequence[int]], conflicts: set[tuple[int, int]]
) -> list[int]:
    """The topmost node of the column that each node stands in."""
    root = list(range(len(graph.rank)))
    is_taken = [False] * len(root)
    place = [0] * len(root)
    for row in rows:
        for at, node in enumerate(row):
            place[node] = at
    others, lengths = (graph.down, graph.below) if neighbours is graph.up else (graph.up, graph.above)
    for row in rows[1:]:
        limit = -1
        for node in row:
            near = _real_first(graph, sorted(neighbours[node], key=place.__getitem__))
            for other in near[(len(near) - 1) // 2 : len(near) // 2 + 1]:
                if root[node] != node or is_taken[other] or place[other] <= limit:
                    continue
                if (other, node) in conflicts or (node, other) in conflicts:
                    continue
                # The longest way is the main one and stays straight; shorter ones and passing lines go around it.
                if graph.is_waypoint(other) or lengths[node] == max(lengths[rival] for rival in others[other]):
                    root[node], is_taken[other], limit = root[other], True, place[other]
    return root


def _real_first(graph: Rows, near: list[int]) -> list[int]:
    """The neighbours that are nodes; where there are none, the waypoints."""
    return [node for node in near if not graph.is_waypoint(node)] or near


def _pack(rows: Sequence[Sequence[int]], root: Sequence[int], extents: Sequence[Extent]) -> list[float]:
    """Columns as far left as their distances allow; then those with room to their right move there, to be compact."""
    after: dict[int, dict[int, float]] = {root[node]: {} for row in rows for node in row}
    waiting = dict.fromkeys(after, 0)
    for row in rows:
        for left, right in pairwise(row):
            distance = extents[left][1] + extents[right][0]
            following = after[root[left]]
            if root[right] not in following:
                waiting[root[right]] += 1
            following[root[right]] = max(following.get(root[right], 0.0), distance)
    ready = [column for column, number in waiting.items() if not number]
    x = dict.fromkeys(after, 0.0)
    for column in ready:  # grows while it is walked
        for other, distance in after[column].items():
            x[other] = max(x[other], x[column] + distance)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    for column in reversed(ready):
        if after[column]:
            x[column] = min(x[other] - distance for other, distance in after[column].items())
    return [x[root[node]] for node in range(len(root))]


def _balance(layouts: Sequence[Sequence[float]], extents: Sequence[Extent]) -> list[float]:
    """Move the layouts to the edges of the narrowest, then take the mean of the two middle values of each node."""
    if not extents:
        return []
    edges = [
        (min(x - left for x, (left, _) in zip(xs, extents, strict=True)),
         max(x + right for x, (_, right) in zip(xs, extents, strict=True)))
        for xs in layouts
    ]  # fmt: skip
    least, most = min(edges, key=lambda edge: edge[1] - edge[0])
    shifts = [most - edge[1] if place % 2 else least - edge[0] for place, edge in enumerate(edges)]
    moved = [[x + shift for x in xs] for xs, shift in zip(layouts, shifts, strict=True)]
    return [sum(sorted(values)[1:3]) / 2 for values in zip(*moved, strict=True)]
