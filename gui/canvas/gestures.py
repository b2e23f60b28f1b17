"""What the mouse does while its button is held: moving the view, drawing a rubber band, moving boxes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from gui.canvas.edits import Edits
from gui.canvas.frame_item import to_qt
from gui.canvas.layout.geometry import Point
from gui.canvas.view import CanvasView

GRID = 4.0
SNAP = 7.0
"""How close a moved box comes to the column of another before it goes into it."""


class Gesture:
    """One press, move and release. Places are those of the scene."""

    cursor = Qt.CursorShape.ArrowCursor

    def move(self, place: QPointF) -> None:
        """The mouse is here now."""

    def finish(self, place: QPointF) -> None:
        """The button is released."""

    def cancel(self) -> None:
        """Escape was pressed: as if nothing had been."""


class Pan(Gesture):
    """Moves what is seen."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, view: CanvasView, place: QPointF) -> None:
        self.view = view
        self.last = view.mapFromScene(place)

    def move(self, place: QPointF) -> None:
        here = self.view.mapFromScene(place)
        self.view.pan(here - self.last)
        self.last = here


class Band(Gesture):
    """Chooses the boxes in a rectangle; with Shift or Ctrl in addition to those before."""

    def __init__(self, view: CanvasView, place: QPointF, *, adds: bool) -> None:
        self.view, self.start = view, place
        self.before = frozenset(view.desk.chosen) if adds else frozenset()
        self.item = QGraphicsRectItem()
        ink = view.board.scene.ink
        fill = QColor(ink.accent)
        fill.setAlphaF(0.1)
        pen = QPen(ink.accent, 1)
        pen.setCosmetic(True)
        self.item.setPen(pen)
        self.item.setBrush(fill)
        self.item.setZValue(20)
        view.board.scene.addItem(self.item)

    def move(self, place: QPointF) -> None:
        rect = QRectF(self.start, place).normalized()
        self.item.setRect(rect)
        touched = [name for name, box in self.view.board.layout.boxes.items() if to_qt(box).intersects(rect)]
        self.view.choose([*sorted(self.before), *touched])

    def finish(self, place: QPointF) -> None:
        self.view.board.scene.removeItem(self.item)

    def cancel(self) -> None:
        self.finish(self.start)
        self.view.choose(sorted(self.before))


class Drag(Gesture):
    """Moves boxes and frames; released, they are pinned where they are."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, view: CanvasView, edits: Edits, names: list[str], place: QPointF) -> None:
        self.view, self.edits, self.start = view, edits, place
        diagram = view.board.diagram
        self.names = [name for name in names if not any(diagram.is_inside(name, other) for other in names)]
        self.layout = view.board.layout
        self.moved: Point = (0.0, 0.0)

    def move(self, place: QPointF) -> None:
        delta = place - self.start
        moved = (round(delta.x() / GRID) * GRID, round(delta.y() / GRID) * GRID)
        moved = (self._snapped(moved[0]), moved[1])
        if moved != self.moved:
            self.moved = moved
            self.view.board.preview(self._pins())

    def finish(self, place: QPointF) -> None:
        pins = self._pins()
        if self.moved != (0.0, 0.0):
            self.edits.move(pins)
        else:
            self.cancel()

    def cancel(self) -> None:
        self.view.board.preview({})

    def _pins(self) -> dict[str, Point]:
        parents = self.view.board.diagram.parents
        return {name: self.layout.pin(name, parents.get(name), self.moved) for name in self.names}

    def _snapped(self, dx: float) -> float:
        """Into the column of what the box reads, or of what reads it, when it is close."""
        diagram, anchors = self.view.board.diagram, self.layout.anchors
        if len(self.names) != 1 or self.names[0] not in diagram.box:
            return dx
        name = self.names[0]
        x = anchors[name][0] + dx
        others = [anchors[other][0] for other in (*diagram.givers(name), *diagram.readers(name))]
        near = [other for other in others if abs(other - x) < SNAP]
        return min(near, key=lambda other: abs(other - x)) - anchors[name][0] if near else dx
