"""One level of the diagram laid out: boxes of given sizes and the links between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gui.canvas.layout.coordinates import Extent, place_across
from gui.canvas.layout.detour import detour
from gui.canvas.layout.geometry import Point, Rect, crosses, simplified
from gui.canvas.layout.ordering import crosses_tall, order_rows
from gui.canvas.layout.pins import make_room
from gui.canvas.layout.ranks import assign_ranks, back_links
from gui.canvas.layout.rows import Rows, Tagged, make_rows

ROW, GAP = 44.0, 28.0
"""Height of a row of boxes, and what is between two rows."""
SIDE = 24.0
"""Between two boxes of a row."""
LANE = 10.0
"""Half the room that a passing line gets."""
WIDE = 260.0
"""A line that goes farther across gets a higher gap, up to twice as high, so that it does not lie flat."""
ARRIVAL = 20.0
"""Between two lines that arrive at one box."""


@dataclass(frozen=True)
class Node:
    """A box, a frame or a frame's own end of a line: how far it reaches from its x and y.

    entries, exits: for frames, what goes in and out → how far from x; None for boxes, whose lines end around x.
    """

    left: float
    right: float
    height: float
    entries: Mapping[str, float] | None = None
    exits: Mapping[str, float] = field(default_factory=dict)

    def at(self, x: float, y: float) -> Rect:
        """Its rectangle."""
        return Rect(x - self.left, y, x + self.right, y + self.height)


@dataclass(frozen=True)
class Level:
    """Where everything lies; x is 0 at the first node and y at the first row, as long as nothing is pinned.

    routes: for each link the points of its line: straight pieces, and curves from one gap's upper to its lower edge.
    """

    x: list[float]
    y: list[float]
    routes: list[list[Point]]


def arrange(
    nodes: Sequence[Node], links: Sequence[Tagged], top: frozenset[int] = frozenset(),
    bottom: frozenset[int] = frozenset(), pinned: Mapping[int, Point] | None = None,
) -> Level:  # fmt: skip
    """Nodes of `top` stand in the first row, those of `bottom` in the last."""
    if not nodes:
        return Level([], [], [])
    plain = [(giver, reader) for giver, reader, _ in links]
    back = back_links(len(nodes), plain)
    kept = [link for place, link in enumerate(links) if place not in back]
    rows = _fill_rows(nodes, kept, [_span(node) for node in nodes], top, bottom)
    if not rows.is_straight or crosses_tall(rows.graph):
        rows = _fill_rows(nodes, kept, [1] * len(nodes), top, bottom)
    x, y = rows.x[: len(nodes)], [rows.tops[rank] for rank in rows.graph.rank[: len(nodes)]]
    is_moved = _move_pinned(nodes, x, y, pinned or {})
    return Level(x, y, _routes(nodes, links, x, y, dict(zip(kept, rows.ways(), strict=True)), is_moved))


def _span(node: Node) -> int:
    """Rows that a node takes, so that small boxes beside a tall frame stand close together."""
    return max(1, math.ceil((node.height + GAP) / (ROW + GAP)))


@dataclass
class _Filled:
    """Rows with their places. x is 0 at the first node."""

    graph: Rows
    x: list[float]
    tops: list[float]
    heights: list[float]

    @property
    def is_straight(self) -> bool:
        """Whether the parts of each tall node stand below each other."""
        graph = self.graph
        parts = range(graph.size, len(graph.rank))
        return all(graph.is_waypoint(part) or abs(self.x[part] - self.x[graph.owner[part]]) < 0.01 for part in parts)

    def ways(self) -> list[list[Point]]:
        """For each link its points from the lower edge of its giver's last row to its last waypoint."""
        return [self._way(route) for route in self.graph.routes]

    def _way(self, route: tuple[int, ...]) -> list[Point]:
        first = self.graph.rank[route[0]]
        points = [(self.x[route[0]], self.tops[first] + self.heights[first])]
        for node in route[1:-1]:
            row = self.graph.rank[node]
            points += [(self.x[node], self.tops[row]), (self.x[node], self.tops[row] + self.heights[row])]
        return points


def _fill_rows(
    nodes: Sequence[Node], links: Sequence[Tagged], spans: Sequence[int], top: frozenset[int], bottom: frozenset[int]
) -> _Filled:
    ranks = assign_ranks(spans, [(giver, reader) for giver, reader, _ in links], top, bottom)
    graph = make_rows(ranks, links, spans)
    order_rows(graph)
    x = place_across(graph, _extents(graph, nodes))
    x = [value - x[0] for value in x]
    return _Filled(graph, x, *_down(graph, nodes, x))


def _extents(graph: Rows, nodes: Sequence[Node]) -> list[Extent]:
    sides = [(node.left + SIDE / 2, node.right + SIDE / 2) for node in nodes]
    return [sides[owner] if owner >= 0 else (LANE, LANE) for owner in graph.owner]


def _down(graph: Rows, nodes: Sequence[Node], x: Sequence[float]) -> tuple[list[float], list[float]]:
    """Top and height of every row. A row that holds only the middle of tall nodes takes no room of its own."""
    tops, heights = [0.0], []
    for row, held in enumerate(graph.rows):
        height = 0.0
        for node in held:
            owner = graph.owner[node]
            if owner >= 0 and graph.last[owner] == node:
                height = max(height, tops[graph.rank[owner]] + nodes[owner].height - tops[row])
        heights.append(height)
        tops.append(tops[row] + height + _gap(graph, row, x))
    return tops[:-1], heights


def _gap(graph: Rows, row: int, x: Sequence[float]) -> float:
    pieces = [(node, reader) for node in graph.rows[row] for reader in graph.down[node]]
    if pieces and all(graph.is_inner(*piece) and x[piece[0]] == x[piece[1]] for piece in pieces):
        return 0.0
    farthest = max((abs(x[node] - x[reader]) for node, reader in pieces), default=0.0)
    return round(GAP * (1 + min(1.0, max(0.0, farthest - WIDE) / (2 * WIDE))) / 4) * 4.0


def _move_pinned(nodes: Sequence[Node], x: list[float], y: list[float], pinned: Mapping[int, Point]) -> set[int]:
    """Write the places of pinned nodes, and of those that make room, into x and y; which ones they are."""
    if not pinned:
        return set()
    rects = [node.at(x[place], y[place]) for place, node in enumerate(nodes)]
    moved = make_room(rects, pinned, [node.left for node in nodes])
    for place, rect in moved.items():
        x[place], y[place] = rect.left + nodes[place].left, rect.top
    return set(moved)


def _routes(
    nodes: Sequence[Node], links: Sequence[Tagged], x: Sequence[float], y: Sequence[float],
    ways: Mapping[Tagged, list[Point]], is_moved: set[int],
) -> list[list[Point]]:  # fmt: skip
    """The line of each link: along its waypoints, or around the boxes where one of them was moved."""
    rects = [node.at(x[place], y[place]) for place, node in enumerate(nodes)]
    obstacles = [rects[place] for place in is_moved]
    solid = [rect for rect in rects if rect.height]
    arrivals = _arrivals(nodes, links, x, ways)
    found = []
    for link in links:
        giver, reader, tag = link
        start = (x[giver] + nodes[giver].exits.get(tag, 0.0), rects[giver].bottom)
        end = (x[reader] + arrivals[link], rects[reader].top)
        if link in ways and not {giver, reader} & is_moved:
            (_, edge), *middle = ways[link]
            route = simplified([start, (start[0], edge), *middle, end])
            if not any(crosses(route, box) for box in obstacles):
                found.append(route)
                continue
        found.append(detour(start, end, solid))
    return found


def _arrivals(
    nodes: Sequence[Node], links: Sequence[Tagged], x: Sequence[float], ways: Mapping[Tagged, list[Point]]
) -> dict[Tagged, float]:
    """Where each line arrives, from the x of its reader: one from straight above stays there, others beside it."""
    result: dict[Tagged, float] = {}
    coming: dict[int, list[tuple[float, Tagged]]] = {}
    for link in links:
        giver, reader, tag = link
        entries = nodes[reader].entries
        if entries is not None:
            result[link] = entries.get(tag, 0.0)
            continue
        way = ways.get(link, ())
        before = way[-1][0] if len(way) > 1 else x[giver] + nodes[giver].exits.get(tag, 0.0)
        coming.setdefault(reader, []).append((before - x[reader], link))
    for reader, arriving in coming.items():
        arriving.sort()
        step = min(ARRIVAL, (nodes[reader].left + nodes[reader].right) * 0.8 / len(arriving))
        straight = next((at for at, (dx, _) in enumerate(arriving) if abs(dx) < 1), None)
        centre = (len(arriving) - 1) / 2 if straight is None else straight
        for at, (_, link) in enumerate(arriving):
            result[link] = (at - centre) * step
    return result
