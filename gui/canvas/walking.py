"""From one box to the next by the arrow keys: along the lines up and down, to the neighbours left and right."""

from __future__ import annotations

from typing import Literal

from gui.canvas.diagram import Diagram
from gui.canvas.layout.geometry import Rect
from gui.canvas.layout.nested import Layout

Way = Literal["up", "down", "left", "right"]


def step(diagram: Diagram, layout: Layout, name: str, way: Way) -> str | None:
    """The box in that direction; None where there is none.

    Down: what reads the box, up: what it reads, of several the one most nearly above or below. Left, right: the nearest
    box beside it.
    """
    here = layout.boxes.get(name)
    if here is None:
        return None
    if way in ("up", "down"):
        following = diagram.readers(name) if way == "down" else diagram.givers(name)
        across = {other: abs(layout.boxes[other].centre[0] - here.centre[0]) for other in following}
        return min(across, key=across.__getitem__, default=None)
    beside = {
        other: _distance(here, rect)
        for other, rect in layout.boxes.items()
        if other != name and (rect.centre[0] - here.centre[0]) * (1 if way == "right" else -1) > here.width / 2
    }
    near = {other: distance for other, distance in beside.items() if distance < 3 * here.width}
    return min(near, key=near.__getitem__, default=None)


def _distance(here: Rect, there: Rect) -> float:
    """How far a box is, what lies in the same row counting as nearer."""
    return abs(here.centre[0] - there.centre[0]) + 3 * abs(here.centre[1] - there.centre[1])
