"""Points and rectangles; y grows downwards."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]


class Rect(NamedTuple):
    """A rectangle by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> Point:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def moved(self, dx: float, dy: float) -> Rect:
        """The same, elsewhere."""
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def grown(self, dx: float, dy: float | None = None) -> Rect:
        """Larger on all sides."""
        dy = dx if dy is None else dy
        return Rect(self.left - dx, self.top - dy, self.right + dx, self.bottom + dy)

    def meets(self, other: Rect) -> bool:
        """Whether they share more than an edge."""
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom

    def holds(self, point: Point) -> bool:
        """Whether a point lies inside or on an edge."""
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom


def around(rects: Iterable[Rect]) -> Rect:
    """The smallest rectangle around several; an empty one at the origin for none."""
    lefts, tops, rights, bottoms = zip(*rects, strict=True) if (rects := list(rects)) else ((0.0,),) * 4
    return Rect(min(lefts), min(tops), max(rights), max(bottoms))


def between(a: Point, b: Point) -> Rect:
    """The rectangle with two points as corners: a curve from one to the other stays in it."""
    return Rect(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))


def crosses(route: Iterable[Point], rect: Rect) -> bool:
    """Whether a line goes through a rectangle; running along its edge does not count."""
    return any(_cuts(between(a, b), rect) for a, b in pairwise(route))


def _cuts(piece: Rect, rect: Rect) -> bool:
    """`Rect.meets` for pieces without width or height, too."""
    return _overlap(piece.left, piece.right, rect.left, rect.right) and _overlap(
        piece.top, piece.bottom, rect.top, rect.bottom
    )


def _overlap(first: float, last: float, start: float, end: float) -> bool:
    return start < first < end if first == last else first < end and start < last


def simplified(route: Iterable[Point]) -> list[Point]:
    """Without points that repeat or lie on a straight piece, across or down."""
    result: list[Point] = []
    for point in route:
        if result and result[-1] == point:
            continue
        if len(result) > 1 and any(result[-2][axis] == result[-1][axis] == point[axis] for axis in (0, 1)):
            result.pop()
        result.append(point)
    return result
