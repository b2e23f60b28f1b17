"""A whole diagram laid out: frames from the inside to the outside, each a box of the level around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gui.canvas.layout.geometry import Point, Rect, around, simplified
from gui.canvas.layout.level import GAP, ROW, Level, Node, arrange
from gui.canvas.layout.rows import Tagged

WIDTH, HEIGHT = 168.0, ROW
"""Of a box."""
PADDING = 16.0
"""Between a frame and what it holds, at its sides."""
NARROWEST = 216.0
"""Width of a frame, for its title."""

Parents = Mapping[str, str | None]
Pair = tuple[str, str]
"""Giver and reader."""


@dataclass(frozen=True)
class Layout:
    """Rectangles of boxes and frames, and the line of every pair of boxes, in one system of coordinates."""

    boxes: dict[str, Rect] = field(default_factory=dict)
    frames: dict[str, Rect] = field(default_factory=dict)
    lines: dict[Pair, list[Point]] = field(default_factory=dict)
    anchors: dict[str, Point] = field(default_factory=dict)
    """Of boxes and frames the point by which they are pinned, on the page."""
    origins: dict[str | None, Point] = field(default_factory=dict)
    """Of frames, and of the page (None), the point from which pins of what they hold are measured."""

    def pin(self, name: str, parent: str | None, moved: Point = (0.0, 0.0)) -> Point:
        """The pin that keeps a box or frame where it is now, or so far from there."""
        (x, y), (x0, y0) = self.anchors[name], self.origins[parent]
        return x + moved[0] - x0, y + moved[1] - y0

    @property
    def bounds(self) -> Rect:
        """Around everything."""
        return around((*self.boxes.values(), *self.frames.values()))


@dataclass
class _Group:
    """What one frame (or the page, None) holds. Entries and exits are names of the boxes outside that give or are read."""

    children: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)
    links: dict[tuple[str | None, str | None, str], None] = field(default_factory=dict)
    """Child that gives (None: from outside), child that reads (None: outside), name of the giver."""
    level: Level | None = None
    node: Node | None = None
    places: dict[str, Point] = field(default_factory=dict)
    routes: dict[tuple[str | None, str | None, str], list[Point]] = field(default_factory=dict)


def lay_out(
    boxes: Sequence[str], frames: Sequence[str], parents: Parents, pairs: Iterable[Pair],
    pinned: Mapping[str, Point] | None = None,
) -> Layout:  # fmt: skip
    """Boxes and frames in the order of the file.

    pinned: where boxes and frames were put: x of the middle of a box or of a frame's way in, and y of the top; measured
    from the first box on the page, inside a frame from the frame's own such point.
    """
    groups: dict[str | None, _Group] = {None: _Group(), **{name: _Group() for name in frames}}
    order = {name: place for place, name in enumerate(boxes)}
    for name in (*frames, *boxes):
        groups[parents.get(name)].children.append(name)
    for group in groups.values():
        group.children.sort(key=lambda name: _first(name, groups, order))
    known = [pair for pair in pairs if pair[0] in order and pair[1] in order]
    for pair in known:
        _enter(pair, groups, parents)
    for frame in sorted(groups, key=lambda frame: -_depth(frame, parents)):
        _arrange(groups[frame], groups, pinned or {})
    result = Layout()
    _place(None, (0.0, 0.0), groups, result)
    for pair in known:
        result.lines[pair] = _line(pair, groups, parents, result)
    return result


def _first(name: str, groups: Mapping[str | None, _Group], order: Mapping[str, int]) -> int:
    """Place in the file of a box, or of a frame's first one."""
    if name in order:
        return order[name]
    return min((_first(child, groups, order) for child in groups[name].children), default=len(order))


def _depth(name: str | None, parents: Parents) -> int:
    return 0 if name is None else 1 + _depth(parents.get(name), parents)


def _chain(name: str, parents: Parents) -> list[str | None]:
    """The page, then the frames around a box from the outside to the inside, then the box."""
    result: list[str | None] = [name]
    while (parent := parents.get(str(result[-1]))) is not None:
        result.append(parent)
    return [None, *result[::-1]]


def _fork(pair: Pair, parents: Parents) -> tuple[list[str | None], list[str | None], int]:
    """The chains of giver and reader, and the place of the last frame that holds both."""
    givers, readers = _chain(pair[0], parents), _chain(pair[1], parents)
    place = 0
    while place + 2 < min(len(givers), len(readers)) and givers[place + 1] == readers[place + 1]:
        place += 1
    return givers, readers, place


def _enter(pair: Pair, groups: Mapping[str | None, _Group], parents: Parents) -> None:
    """Note the pieces of a line in all groups that it goes through."""
    givers, readers, place = _fork(pair, parents)
    giver = pair[0]
    groups[givers[place]].links[(givers[place + 1], readers[place + 1], giver)] = None
    for frame, child in zip(givers[place + 1 : -1], givers[place + 2 :], strict=True):
        groups[frame].links[(child, None, giver)] = None
        if giver not in groups[frame].exits:
            groups[frame].exits.append(giver)
    for frame, child in zip(readers[place + 1 : -1], readers[place + 2 :], strict=True):
        groups[frame].links[(None, child, giver)] = None
        if giver not in groups[frame].entries:
            groups[frame].entries.append(giver)


def _arrange(group: _Group, groups: Mapping[str | None, _Group], pinned: Mapping[str, Point]) -> None:
    entries, exits = len(group.entries), len(group.exits)
    line = Node(4.0, 4.0, 0.0, {})
    box = Node(WIDTH / 2, WIDTH / 2, HEIGHT)
    nodes = [line] * entries + [_node(groups, name) or box for name in group.children] + [line] * exits
    place_in = {name: place for place, name in enumerate(group.entries)}
    place_of = {name: entries + place for place, name in enumerate(group.children)}
    place_out = {name: len(nodes) - exits + place for place, name in enumerate(group.exits)}
    links: list[Tagged] = [
        (place_in[tag] if giver is None else place_of[giver], place_out[tag] if reader is None else place_of[reader], tag)
        for giver, reader, tag in group.links
    ]
    fixed = {place_of[name]: pinned[name] for name in group.children if name in pinned}
    top, bottom = frozenset(place_in.values()), frozenset(place_out.values())
    level = arrange(nodes, links, top, bottom, fixed)
    group.level = level
    group.places = {name: (level.x[place], level.y[place]) for name, place in place_of.items()}
    group.routes = dict(zip(group.links, level.routes, strict=True))
    group.node = _frame(group, nodes, level, place_in, place_out)


def _node(groups: Mapping[str | None, _Group], name: str) -> Node | None:
    return groups[name].node if name in groups else None


def _frame(
    group: _Group, nodes: Sequence[Node], level: Level, place_in: Mapping[str, int], place_out: Mapping[str, int]
) -> Node:
    """The frame as a node of the level around it: its size, and where lines go in and out."""
    inner = around(node.at(level.x[place], level.y[place]) for place, node in enumerate(nodes))
    lines = around(Rect(x, y, x, y) for route in level.routes for x, y in route)
    left, right = max(-inner.left, -lines.left) + PADDING, max(inner.right, lines.right) + PADDING
    missing = max(0.0, NARROWEST - left - right) / 2
    bottom = inner.bottom if group.exits else inner.bottom + PADDING
    return Node(
        left + missing, right + missing, bottom if group.entries else bottom + GAP,
        {name: level.x[place] for name, place in place_in.items()},
        {name: level.x[place] for name, place in place_out.items()},
    )  # fmt: skip


def _place(name: str | None, origin: Point, groups: Mapping[str | None, _Group], result: Layout) -> None:
    """Write where the children of a group lie on the page."""
    group = groups[name]
    x0, y0 = result.origins[name] = _inside(group, name, origin)
    for child, (x, y) in group.places.items():
        node = _node(groups, child) or Node(WIDTH / 2, WIDTH / 2, HEIGHT)
        rect = node.at(x0 + x, y0 + y)
        result.anchors[child] = (x0 + x, y0 + y)
        if child in groups:
            result.frames[child] = rect
            _place(child, (x0 + x, y0 + y), groups, result)
        else:
            result.boxes[child] = rect


def _inside(group: _Group, name: str | None, origin: Point) -> Point:
    """Where the level within a frame starts: at its top, or below its title where nothing goes in."""
    return (origin[0], origin[1] + GAP) if name is not None and not group.entries else origin


def _line(pair: Pair, groups: Mapping[str | None, _Group], parents: Parents, result: Layout) -> list[Point]:
    """The pieces of a line put together."""
    givers, readers, place = _fork(pair, parents)
    pieces: list[tuple[str | None, tuple[str | None, str | None, str]]] = [
        (frame, (child, None, pair[0]))
        for frame, child in zip(givers[-2:place:-1], givers[:place + 1:-1], strict=True)
    ]  # fmt: skip
    pieces.append((givers[place], (givers[place + 1], readers[place + 1], pair[0])))
    pieces += [
        (frame, (None, child, pair[0]))
        for frame, child in zip(readers[place + 1 : -1], readers[place + 2 :], strict=True)
    ]
    points: list[Point] = []
    for frame, key in pieces:
        x, y = result.origins[frame]
        points += [(x + dx, y + dy) for dx, dy in groups[frame].routes[key]]
    return simplified(points)

