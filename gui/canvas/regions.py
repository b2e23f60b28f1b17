"""Frozen regions: boxes that keep their parameters and hang together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gui.canvas.diagram import Diagram
from gui.canvas.layout.geometry import Rect, around
from gui.canvas.layout.nested import Layout

SIDE, ABOVE = 20.0, 14.0
"""Between a region's edge and its boxes."""
LABEL = 140.0
"""Room at the right of a region for its label."""


@dataclass(frozen=True)
class Region:
    """One ground: rectangles that are united. names: its boxes. params: what stays as it is."""

    names: tuple[str, ...]
    rects: tuple[Rect, ...]
    params: int


def frozen_regions(diagram: Diagram, layout: Layout) -> list[Region]:
    """Regions of at least two boxes, the largest rectangle around each that holds no box that learns."""
    found = []
    for names in _connected(diagram):
        boxes = [box for box in diagram.boxes if box.name in names]
        if len(boxes) > 1 or boxes[0].kind == "block":
            rects = _ground(names, diagram, layout)
            found.append(Region(tuple(box.name for box in boxes), rects, sum(box.params for box in boxes)))
    return found


def _connected(diagram: Diagram) -> list[set[str]]:
    group = {box.name: {box.name} for box in diagram.boxes if box.is_frozen}
    for giver, reader in diagram.pairs:
        if giver in group and reader in group and group[giver] is not group[reader]:
            smaller, larger = sorted((group[giver], group[reader]), key=len)
            larger |= smaller
            for name in smaller:
                group[name] = larger
    return [names for names in {id(names): names for names in group.values()}.values() if names]


def _ground(names: set[str], diagram: Diagram, layout: Layout) -> tuple[Rect, ...]:
    inner = [layout.boxes[name] for name in names]
    for frame in diagram.frames:
        held = diagram.inside(frame.name)
        if held and names.issuperset(held):
            inner.append(layout.frames[frame.name])
    whole = around(inner)
    whole = Rect(whole.left - SIDE, whole.top - ABOVE, whole.right + LABEL, whole.bottom + ABOVE)
    others = [layout.boxes[box.name] for box in diagram.boxes if box.name not in names]
    if not any(whole.meets(other) for other in others):
        return (whole,)
    return _pieces(inner, others)


def _pieces(inner: Sequence[Rect], others: Sequence[Rect]) -> tuple[Rect, ...]:
    """A rectangle around each box, high enough to touch the next row."""
    grown = (rect.grown(ABOVE, ABOVE + 1) for rect in inner)
    return tuple(rect for rect in grown if not any(rect.meets(other) for other in others))
