"""A line around boxes: the shortest way of horizontal and vertical pieces with few corners, by A*."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from gui.canvas.layout.geometry import Point, Rect, between, crosses, simplified

CLEAR = 12.0
"""Distance that a line keeps from boxes it goes around."""
CORNER = 40.0
"""Length that one corner less is worth."""
REACH = 400.0
"""Boxes farther than this from the rectangle between both ends are not looked at."""
PATIENCE = 6_000
"""Places that are tried before the line is drawn straight through."""


def detour(start: Point, end: Point, boxes: Sequence[Rect]) -> list[Point]:
    """From below a box (start) to above one (end); both boxes may be among `boxes`.

    A plain curve where nothing lies between. Where there is no way (an end under a box), the direct line.
    """
    if end[1] - start[1] >= CLEAR and not any(crosses([start, end], box) for box in boxes):
        return [start, end]
    window = between(start, end).grown(REACH)
    near = [box for box in boxes if box.meets(window)]
    leave, arrive = (start[0], start[1] + CLEAR), (end[0], end[1] - CLEAR)
    found = _search(leave, arrive, [box.grown(CLEAR - 0.5) for box in near])
    return simplified([start, *found, end]) if found else [start, end]


def _search(start: Point, goal: Point, walls: Sequence[Rect]) -> list[Point] | None:
    xs = sorted({start[0], goal[0], *(edge for wall in walls for edge in (wall.left, wall.right))})
    ys = sorted({start[1], goal[1], *(edge for wall in walls for edge in (wall.top, wall.bottom))})
    here = (xs.index(start[0]), ys.index(start[1]), 1)  # the last: 0 across, 1 down
    there = (xs.index(goal[0]), ys.index(goal[1]))
    cost = {here: 0.0}
    before: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    waiting = [(0.0, here)]
    for _ in range(PATIENCE):
        if not waiting:
            return None
        _, node = heapq.heappop(waiting)
        if node[:2] == there:
            return _way_back(node, before, xs, ys)
        for step in _steps(node, len(xs), len(ys)):
            a, b = (xs[node[0]], ys[node[1]]), (xs[step[0]], ys[step[1]])
            if any(crosses((a, b), wall) for wall in walls):
                continue
            price = cost[node] + abs(a[0] - b[0]) + abs(a[1] - b[1]) + CORNER * (node[2] != step[2])
            if price < cost.get(step, float("inf")):
                cost[step], before[step] = price, node
                rest = abs(b[0] - goal[0]) + abs(b[1] - goal[1])
                heapq.heappush(waiting, (price + rest, step))
    return None


def _steps(node: tuple[int, int, int], columns: int, rows: int) -> list[tuple[int, int, int]]:
    column, row, _ = node
    found = [(column - 1, row, 0), (column + 1, row, 0), (column, row - 1, 1), (column, row + 1, 1)]
    return [step for step in found if 0 <= step[0] < columns and 0 <= step[1] < rows]


def _way_back(
    node: tuple[int, int, int], before: dict[tuple[int, int, int], tuple[int, int, int]], xs: Sequence[float],
    ys: Sequence[float],
) -> list[Point]:  # fmt: skip
    way = [(xs[node[0]], ys[node[1]])]
    while node in before:
        node = before[node]
        way.append((xs[node[0]], ys[node[1]]))
    return way[::-1]
