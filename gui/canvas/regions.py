"""Frozen regions: boxes that keep their parameters and hang together."""

from __future__ import annotations

from dataclasses import dataclass

from gui.canvas.diagram import Diagram
from gui.canvas.layout.geometry import Rect, around
from gui.canvas.layout.nested import Layout

SIDE, ABOVE = 20.0, 14.0
"""Between a region's edge and its boxes on the page."""
WITHIN = 8.0
"""The same in a frame, where there is little room."""
LABEL = 160.0
"""Room at the right of a region for its label."""


@dataclass(frozen=True)
class Region:
    """One ground: rectangles that are united. names: its boxes and frames. params: what stays as it is.

    parent: the frame it lies in; within one it has no label.
    """

    names: tuple[str, ...]
    rects: tuple[Rect, ...]
    params: int
    parent: str | None = None

    @property
    def has_label(self) -> bool:
        """Whether there is room to say what it is."""
        return self.parent is None and len(self.rects) == 1


def frozen_regions(diagram: Diagram, layout: Layout) -> list[Region]:
    """Boxes and frames that stand in one frame (or on the page) and read each other; a frame alone has its own ground."""
    found = []
    for names in _connected(diagram):
        if len(names) > 1:
            parent = diagram.parents[names[0]]
            params = sum((diagram.box.get(name) or diagram.frame[name]).params for name in names)
            found.append(Region(tuple(names), _ground(names, parent, diagram, layout), params, parent))
    return found


def _connected(diagram: Diagram) -> list[list[str]]:
    """Groups of frozen boxes and frames, those within a frozen frame left out."""
    outer = [name for name in diagram.parents if name in diagram.frozen and diagram.parents[name] not in diagram.frozen]
    group = {name: {name} for name in outer}
    for giver, reader in diagram.pairs:
        one, other = _outermost(giver, diagram), _outermost(reader, diagram)
        if one in group and other in group and diagram.parents[one] == diagram.parents[other]:
            smaller, larger = sorted((group[one], group[other]), key=len)
            if smaller is not larger:
                larger |= smaller
                group.update(dict.fromkeys(smaller, larger))
    groups = {id(names): names for names in group.values()}
    return [sorted(names, key=outer.index) for names in groups.values()]


def _outermost(name: str, diagram: Diagram) -> str:
    """The outermost frozen frame around a box; the box itself."""
    parent = diagram.parents[name]
    while parent is not None and parent in diagram.frozen:
        name, parent = parent, diagram.parents[parent]
    return name


def _ground(names: list[str], parent: str | None, diagram: Diagram, layout: Layout) -> tuple[Rect, ...]:
    inner = [layout.boxes.get(name) or layout.frames[name] for name in names]
    others = [
        layout.boxes.get(name) or layout.frames[name]
        for name, around_it in diagram.parents.items()
        if around_it == parent and name not in names
    ]
    whole = around(inner)
    if parent is None:
        whole = Rect(whole.left - SIDE, whole.top - ABOVE, whole.right + LABEL, whole.bottom + ABOVE)
    else:
        whole = whole.grown(WITHIN)
    if not any(whole.meets(other) for other in others):
        return (whole,)
    grown = (rect.grown(ABOVE if parent is None else WITHIN, ABOVE + 1) for rect in inner)
    return tuple(rect for rect in grown if not any(rect.meets(other) for other in others)) or (inner[0],)
