"""The points of a line → a smooth path: straight pieces, curves across the gaps, round corners."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from gui.canvas.layout.geometry import Point

RADIUS = 8.0
"""Of a corner."""
SOFT = 0.5
"""How much of a curve's height its ends stay upright."""


def curve(points: Sequence[Point]) -> QPainterPath:
    """A path along the points; a piece that goes down and across is a curve with upright ends."""
    path = QPainterPath(QPointF(*points[0]))
    for place, (a, b) in enumerate(pairwise(points)):
        if a[0] != b[0] and a[1] != b[1]:
            bend = (b[1] - a[1]) * SOFT
            path.cubicTo(QPointF(a[0], a[1] + bend), QPointF(b[0], b[1] - bend), QPointF(*b))
        elif place + 2 < len(points) and _is_corner(a, b, points[place + 2]):
            _round_corner(path, a, b, points[place + 2])
        else:
            path.lineTo(QPointF(*b))
    return path


def resampled(points: Sequence[Point], number: int) -> list[Point]:
    """So many points along a line, the first and the last included; to blend one line into another."""
    lengths = [0.0]
    for a, b in pairwise(points):
        lengths.append(lengths[-1] + abs(a[0] - b[0]) + abs(a[1] - b[1]))
    found, place = [], 0
    for step in range(number):
        wanted = lengths[-1] * step / max(1, number - 1)
        while place < len(points) - 2 and lengths[place + 1] < wanted:
            place += 1
        whole = lengths[place + 1] - lengths[place]
        found.append(blend(points[place], points[place + 1], (wanted - lengths[place]) / whole if whole else 0.0))
    return found


def blend(a: Point, b: Point, share: float) -> Point:
    """A point between two."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _is_corner(a: Point, b: Point, c: Point) -> bool:
    """Whether a straight piece across and one down meet."""
    return (a[0] == b[0] and b[1] == c[1] and a[1] != b[1]) or (a[1] == b[1] and b[0] == c[0] and a[0] != b[0])


def _round_corner(path: QPainterPath, a: Point, b: Point, c: Point) -> None:
    before, after = abs(a[0] - b[0]) + abs(a[1] - b[1]), abs(b[0] - c[0]) + abs(b[1] - c[1])
    reach = min(RADIUS, before / 2, after / 2)
    path.lineTo(QPointF(*blend(b, a, reach / before)))
    path.quadTo(QPointF(*b), QPointF(*blend(b, c, reach / after)))
