"""Dropping a layer from the palette: on a line it is inserted, on a box it follows that, elsewhere it goes to the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QDropEvent, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.box_item import RADIUS
from gui.canvas.diagram import loss_place
from gui.canvas.edits import Edits
from gui.canvas.ink import Ink
from gui.canvas.layout.nested import HEIGHT, WIDTH, Pair
from gui.canvas.view import CanvasView

MIME = "application/x-netspec-new-layer"
"""A layer that is dragged: its type and fields as JSON."""
REACH = 22.0
"""How far beside a line a drop still means it."""


def dragged(type: str, fields: Mapping[str, Any] | None = None) -> QMimeData:
    """What a drag from the palette carries."""
    data = QMimeData()
    data.setData(MIME, json.dumps({"type": type, "fields": dict(fields or {})}).encode())
    return data


class Drops:
    """Handles the drag-and-drop events of a view."""

    def __init__(self, view: CanvasView, edits: Edits) -> None:
        self.view, self.edits, self.board = view, edits, view.board
        self.ghost: GhostItem | None = None
        self._edge: Pair | None = None
        self._box: str | None = None

    def takes(self, event: QDropEvent) -> bool:
        """Whether it is a layer of the palette, and there is a document to drop it in."""
        return event.mimeData().hasFormat(MIME) and self.view.desk.document.state is not None

    def move(self, event: QDropEvent) -> None:
        """Show where it would go."""
        place = self.view.mapToScene(event.position().toPoint())
        box = self.board.scene.box_at(place)
        self._aim(None if box is None or loss_place(box) is not None else box, self._edge_at(place) if box is None else None)
        if self.ghost is None:
            self.ghost = GhostItem(self.board.scene.ink)
            self.board.scene.addItem(self.ghost)
        self.ghost.setPos(place - QPointF(WIDTH / 2, HEIGHT / 2))
        self.ghost.setVisible(box is None)

    def drop(self, event: QDropEvent) -> str | None:
        """Add the layer; its name."""
        place = self.view.mapToScene(event.position().toPoint())
        given = json.loads(bytes(event.mimeData().data(MIME).data()))
        edge, box = self._edge, self._box
        self.leave()
        if edge is not None:
            return self.edits.add(given["type"], after=edge[0], before=edge[1], fields=given["fields"])
        if box is not None:
            return self.edits.add(given["type"], after=box, fields=given["fields"])
        above = self._above_in_frame(place)
        if above is not None:
            return self.edits.add(given["type"], after=above, fields=given["fields"])
        return self._append(given)

    def _append(self, given: Mapping[str, Any]) -> str | None:
        """Behind the last layer, in its place of the layout; what was dropped elsewhere is told where it went."""
        new = self.edits.add(given["type"], fields=given["fields"])
        if new is not None:
            readable = self.board.diagram.givers(new)
            where = f"it reads {' and '.join(readable)}" if readable else "it reads nothing yet"
            self.view.desk.message(f"{new} stands at the end: {where}. Drop a layer on a line or a box to put it there.")
        return new

    def leave(self) -> None:
        """It is dragged elsewhere, or dropped."""
        self._aim(None, None)
        if self.ghost is not None:
            self.board.scene.removeItem(self.ghost)
            self.ghost = None

    def _above_in_frame(self, place: QPointF) -> str | None:
        """In a block the layer behind which a drop goes: the nearest one above, else the block's first."""
        frame, rects = self.board.scene.frame_at(place), self.board.layout.boxes
        inside = [name for name in rects if frame is not None and self.board.diagram.parents[name] == frame]
        above = [name for name in inside if rects[name].bottom <= place.y()]
        return max(above, key=lambda name: rects[name].bottom, default=inside[0] if inside else None)

    def _aim(self, box: str | None, edge: Pair | None) -> None:
        scene = self.board.scene
        if box != self._box:
            if self._box in scene.boxes:
                scene.boxes[str(self._box)].aim(None)
            if box is not None:
                scene.boxes[box].aim(scene.ink.accent)
        if edge != self._edge:
            if self._edge is not None and self._edge in scene.edges:
                scene.edges[self._edge].mark(hot=False)
            if edge is not None:
                scene.edges[edge].mark(hot=True)
        self._box, self._edge = box, edge

    def _edge_at(self, place: QPointF) -> Pair | None:
        """The line there, or the nearest that a box at this place would touch."""
        scene = self.board.scene
        steps = [QPointF(dx, dy) for dx in (0, -REACH / 2, REACH / 2, -REACH, REACH) for dy in (0, -8, 8)]
        return next((edge for step in steps if (edge := scene.edge_at(place + step)) is not None), None)


class GhostItem(QGraphicsItem):
    """The outline of the box that would be made."""

    def __init__(self, ink: Ink) -> None:
        super().__init__()
        self.ink = ink
        self.setOpacity(0.7)
        self.setZValue(25)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(0, 0, WIDTH, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.ink.accent, 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(self.ink.surface)
        painter.drawRoundedRect(QRectF(1, 1, WIDTH - 2, HEIGHT - 2), RADIUS, RADIUS)
