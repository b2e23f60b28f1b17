"""Boxes that the user put somewhere stay there; others make room, and lines go around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gui.canvas.layout.geometry import Point, Rect

ROOM = 12.0
"""Between a pinned box and one that makes room for it."""


def make_room(rects: Sequence[Rect], pinned: Mapping[int, Point], anchors: Sequence[float]) -> dict[int, Rect]:
    """Place among `rects` → where it is now, for the pinned ones and those that had to move.

    pinned: x of the anchor and y of the top. anchors: how far each box's anchor is from its left edge. Boxes that make
    room move across only, as little as possible, so that they stay in their row.
    """
    moved: dict[int, Rect] = {}
    for place, (x, y) in pinned.items():
        rect = rects[place]
        moved[place] = rect.moved(x - anchors[place] - rect.left, y - rect.top)
    if not moved:
        return moved
    walls = [rect.grown(ROOM) for rect in moved.values()]
    for place in sorted(set(range(len(rects))) - set(pinned), key=lambda place: rects[place][:2]):
        if any(rects[place].meets(wall) for wall in walls):
            others = [moved.get(other, rect) for other, rect in enumerate(rects) if other != place]
            moved[place] = _aside(rects[place], others)
    return moved


def _aside(rect: Rect, others: Sequence[Rect]) -> Rect:
    walls = [other.grown(ROOM) for other in others if other.top - ROOM < rect.bottom and rect.top < other.bottom + ROOM]
    shifts = [edge for wall in walls for edge in (wall.left - rect.right, wall.right - rect.left)]
    for shift in sorted(shifts, key=lambda shift: (abs(shift), -shift)):
        candidate = rect.moved(shift, 0.0)
        if not any(candidate.meets(wall) for wall in walls):
            return candidate
    return rect
