"""Which part of the network is frozen, as a strip over its depth at the canvas' left edge, with a handle to change it.

Later stages of training have thinner rails beside it; `gui/transfer/chart.py` shows and edits them at large.
"""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from gui.canvas.edits import Edits
from gui.canvas.ink import mix
from gui.canvas.stage_rails import STEP, box_rates, later_rows, paint_rail
from gui.canvas.view import CanvasView
from gui.symbols import draw_snowflake
from gui.transfer.schedule import Schedule, make_schedule

WIDTH = 20
RAIL = 6.0
HANDLE = 16.0
"""Width and height of the handle."""


class FreezeStrip(QWidget):
    """Frozen depths are filled. Dragging the handle freezes up to the layer beside it; at the top nothing."""

    def __init__(self, view: CanvasView, edits: Edits) -> None:
        super().__init__(view)
        self.view, self.edits, self.board = view, edits, view.board
        self.target: str | None = None
        """The layer up to which a drag would freeze."""
        self.is_dragged = False
        self.schedule: Schedule | None = None
        self._seen: object = None
        self._y = 0.0
        self.setAccessibleName("Frozen depth")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        view.moved.connect(self._follow)
        view.board.shown.connect(self._follow)
        self._follow()

    def frozen_to(self) -> str | None:
        """The layer or block that `[transfer] freeze_to` names."""
        state = self.view.desk.document.state
        name = state.outline.transfer.get("freeze_to") if state is not None else None
        return name if isinstance(name, str) else None

    def layer_at(self, y: float) -> str | None:
        """The lowest layer whose middle is above a height of the view; None above all layers."""
        place = self.view.mapToScene(0, round(y)).y()
        boxes, layout = self.board.diagram.boxes, self.board.layout.boxes
        above = [box.name for box in boxes if box.kind in ("layer", "block") and layout[box.name].centre[1] <= place]
        return max(above, key=lambda name: (layout[name].centre[1], -abs(layout[name].centre[0])), default=None)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        ink = self.board.scene.ink
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(ink.page, ink.border, 0.6))
        painter.drawRoundedRect(self._rail(0, self.height()), RAIL / 2, RAIL / 2)
        painter.setBrush(mix(ink.page, ink.frozen, 0.65))
        for top, bottom in self._frozen_depths():
            painter.drawRoundedRect(self._rail(top, bottom), RAIL / 2, RAIL / 2)
        self._paint_later(painter)
        handle = QRectF((WIDTH - HANDLE) / 2, self._handle_y() - HANDLE / 2, HANDLE, HANDLE)
        painter.setPen(QPen(ink.accent if self.is_dragged or self.underMouse() else ink.frozen, 1.2))
        painter.setBrush(ink.surface)
        painter.drawEllipse(handle)
        draw_snowflake(painter, handle.adjusted(3.5, 3.5, -3.5, -3.5), ink.frozen)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() < WIDTH:
            self.is_dragged = True
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.is_dragged:
            self._drag(event)
        else:
            self.setToolTip(self._row_words(event.position().x()) or self._words())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self.is_dragged:
            return
        target = self.target
        self._end()
        if target != self.frozen_to():
            self.edits.freeze_to(target)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self._end()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.update()
        super().leaveEvent(event)

    def _drag(self, event: QMouseEvent) -> None:
        self._y = min(max(event.position().y(), HANDLE / 2), self.height() - HANDLE / 2)
        self._aim(self.layer_at(self._y))
        text = f"Freeze up to {self.target}" if self.target else "Freeze nothing at the beginning"
        QToolTip.showText(event.globalPosition().toPoint(), text, self)
        self.update()

    def _end(self) -> None:
        self._aim(None)
        self.is_dragged = False
        self.update()

    def _aim(self, name: str | None) -> None:
        items = self.board.scene.boxes
        if self.target in items:
            items[str(self.target)].aim(None)
        self.target = name
        if name is not None:
            items[name].aim(self.board.scene.ink.frozen)

    def _handle_y(self) -> float:
        """Where the handle stands: below the layer that is frozen up to, kept in sight."""
        if self.is_dragged:
            return self._y
        name, layout = self.frozen_to(), self.board.layout
        shown = self.board.box_of(name) if name is not None else None
        rect = layout.boxes.get(shown or "") or layout.frames.get(shown or "")
        y = self.view.mapFromScene(QPointF(0, rect.bottom)).y() if rect is not None else self._first_y()
        return min(max(y, HANDLE / 2 + 2), self.height() - HANDLE / 2 - 2)

    def _first_y(self) -> float:
        """Above the first layer."""
        tops = [self.board.layout.boxes[box.name].top for box in self.board.diagram.boxes if box.kind != "input"]
        return self.view.mapFromScene(QPointF(0, min(tops, default=0.0) - 14)).y()

    def _frozen_depths(self) -> list[tuple[float, float]]:
        """Heights of the view between which all boxes are frozen."""
        rects = self.board.layout.boxes
        boxes = [box for box in self.board.diagram.boxes if box.kind in ("layer", "block")]
        runs = groupby(sorted(boxes, key=lambda box: rects[box.name].top), key=lambda box: box.is_frozen)
        found = []
        for is_frozen, run in runs:
            if is_frozen:
                around = [rects[box.name] for box in run]
                found.append((min(rect.top for rect in around) - 14, max(rect.bottom for rect in around) + 14))
        return [(self._to_view(top), self._to_view(bottom)) for top, bottom in found]

    def _paint_later(self, painter: QPainter) -> None:
        """A rail for each later stage."""
        state = self.view.desk.document.state
        if state is None:
            return
        diagram, rects = self.board.diagram, self.board.layout.boxes
        found = ((box.name, rects[box.name]) for box in diagram.boxes)
        extents = {name: (self._to_view(rect.top), self._to_view(rect.bottom)) for name, rect in found}
        for place, row in enumerate(later_rows(self.schedule)):
            paint_rail(painter, WIDTH + place * STEP, self.board.scene.ink, extents, box_rates(row, diagram, state.outline))

    def _words(self) -> str:
        up_to = self.frozen_to()
        return f"Frozen up to {up_to}. Drag to change it." if up_to else "Drag down to freeze up to a layer."

    def _row_words(self, x: float) -> str:
        """What the rail under the mouse stands for."""
        rows = later_rows(self.schedule)
        place = int((x - WIDTH) // STEP)
        if x < WIDTH or place >= len(rows):
            return ""
        return f"{rows[place].epochs[0].upper()}{rows[place].epochs[1:]}: see Transfer below"

    def _to_view(self, y: float) -> float:
        return float(self.view.mapFromScene(QPointF(0, y)).y())

    def _rail(self, top: float, bottom: float) -> QRectF:
        return QRectF((WIDTH - RAIL) / 2, top, RAIL, bottom - top)

    def _follow(self) -> None:
        state = self.view.desk.document.state
        if state is not self._seen:
            self._seen = state
            self.schedule = make_schedule(state) if state is not None and state.is_settled else None
        width = WIDTH + STEP * len(later_rows(self.schedule))
        self.setGeometry(2, 2, width, self.view.viewport().height() - 4)
        self.setVisible(any(box.kind in ("layer", "block") for box in self.board.diagram.boxes))
        self.update()
