"""Nodes with ranks → rows of nodes and waypoints, so that every link joins neighbouring rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Tagged = tuple[int, int, str]
"""Giver, reader, and what is given: links from one giver with one tag share their waypoints."""


@dataclass
class Rows:
    """Nodes 0 … size − 1 are those of the graph; behind them the further rows of tall ones, and waypoints of long links."""

    size: int
    rank: list[int]
    rows: list[list[int]]
    up: list[list[int]] = field(default_factory=list)
    down: list[list[int]] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    """The node of the graph that each one is a part of; −1 for waypoints."""
    last: list[int] = field(default_factory=list)
    """The lowest part of each node of the graph."""
    routes: list[tuple[int, ...]] = field(default_factory=list)
    """For each link: lowest part of the giver, waypoints, reader."""
    above: list[int] = field(default_factory=list)
    """Rows on the longest way from the top to each node; −1 for waypoints."""
    below: list[int] = field(default_factory=list)
    """The same to the bottom."""

    def is_waypoint(self, node: int) -> bool:
        """Whether a link only passes here."""
        return self.owner[node] < 0

    def is_rigid(self, upper: int, lower: int) -> bool:
        """Whether both are parts of one node."""
        return self.owner[upper] == self.owner[lower] >= 0

    def is_inner(self, upper: int, lower: int) -> bool:
        """Whether the piece between them must be straight: a part of a long link, or of a tall node."""
        return (self.is_waypoint(upper) and self.is_waypoint(lower)) or self.is_rigid(upper, lower)

    def add(self, rank: int, owner: int, above: int) -> int:
        """A further node below another one."""
        node = len(self.rank)
        self.rank.append(rank)
        self.rows[rank].append(node)
        self.owner.append(owner)
        self.up.append([])
        self.down.append([])
        self.join(above, node)
        return node

    def join(self, upper: int, lower: int) -> None:
        """Note that a link leads from one row to the next."""
        self.down[upper].append(lower)
        self.up[lower].append(upper)


def make_rows(ranks: Sequence[int], links: Sequence[Tagged], spans: Sequence[int] | None = None) -> Rows:
    """Rows in the order of the nodes, waypoints behind them; links must point downwards. spans: rows of each node."""
    size = len(ranks)
    spans = spans or [1] * size
    rows = max((rank + span for rank, span in zip(ranks, spans, strict=True)), default=0)
    result = Rows(size, list(ranks), [[] for _ in range(rows)], owner=list(range(size)), last=list(range(size)))
    result.up, result.down = [[] for _ in range(size)], [[] for _ in range(size)]
    for node, rank in enumerate(ranks):
        result.rows[rank].append(node)
    for node, rank in enumerate(ranks):
        for step in range(1, spans[node]):
            result.last[node] = result.add(rank + step, node, result.last[node])
    _add_routes(result, ranks, links, spans)
    plain = [(giver, reader) for giver, reader, _ in links]
    above = _longest(ranks, plain, spans)
    below = _longest([-rank for rank in ranks], [(reader, giver) for giver, reader in plain], spans)
    result.above = [above[owner] if owner >= 0 else -1 for owner in result.owner]
    result.below = [below[owner] if owner >= 0 else -1 for owner in result.owner]
    return result


def _add_routes(result: Rows, ranks: Sequence[int], links: Sequence[Tagged], spans: Sequence[int]) -> None:
    ways: dict[tuple[int, str], list[int]] = {}
    for giver, reader, tag in links:
        first = ranks[giver] + spans[giver] - 1
        way = ways.setdefault((giver, tag), [result.last[giver]])
        while first + len(way) < ranks[reader]:
            way.append(result.add(first + len(way), -1, way[-1]))
        used = way[: ranks[reader] - first]
        if used[-1] not in result.up[reader]:
            result.join(used[-1], reader)
        result.routes.append((*used, reader))


def _longest(ranks: Sequence[int], links: Sequence[tuple[int, int]], spans: Sequence[int]) -> list[int]:
    lengths = [0] * len(ranks)
    for giver, reader in sorted(links, key=lambda link: ranks[link[0]]):
        lengths[reader] = max(lengths[reader], lengths[giver] + spans[giver])
    return lengths
