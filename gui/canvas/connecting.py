"""Drawing a line from port to port, with what would come of it written beside the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.curves import curve
from gui.canvas.edits import Edits
from gui.canvas.fonts import font_of, metrics_of
from gui.canvas.gestures import Gesture
from gui.canvas.ink import Ink
from gui.canvas.refusals import Verdict, judge
from gui.canvas.view import CanvasView
from gui.theme import SECONDARY


class Connect(Gesture):
    """From the lower port of a box to what shall read it, or from the upper port to what it shall read."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: CanvasView, edits: Edits, name: str, *, is_giver: bool) -> None:
        self.view, self.edits, self.name, self.is_giver = view, edits, name, is_giver
        rect = view.board.layout.boxes[name]
        self.start = QPointF(rect.centre[0], rect.bottom if is_giver else rect.top)
        self.target: str | None = None
        self.verdict: Verdict | None = None
        self.item = PreviewItem(view.board.scene.ink)
        view.board.scene.addItem(self.item)

    def move(self, place: QPointF) -> None:
        target = self.view.board.scene.box_at(place)
        if target != self.target:
            self._aim(target)
        one, other = (self.start, place) if self.is_giver else (place, self.start)
        self.item.show_line(one, other, place, self.verdict)

    def finish(self, place: QPointF) -> None:
        target, verdict = self.target, self.verdict
        self.cancel()
        if target is None or target == self.name or verdict is None:
            return
        if verdict.kind == "no":
            self.view.desk.message(f"Not connected: {verdict.text}.")
        else:
            self.edits.connect(*self._pair(target))

    def cancel(self) -> None:
        self._aim(None)
        self.view.board.scene.removeItem(self.item)

    def _aim(self, target: str | None) -> None:
        scene = self.view.board.scene
        if self.target in scene.boxes:
            scene.boxes[str(self.target)].aim(None)
        self.target = target
        self.verdict = judge(self.edits, *self._pair(target)) if target is not None and target != self.name else None
        if target is not None and self.verdict is not None:
            scene.boxes[target].aim(colour_of(self.verdict, scene.ink))

    def _pair(self, target: str) -> tuple[str, str]:
        return (self.name, target) if self.is_giver else (target, self.name)


class PreviewItem(QGraphicsItem):
    """The line that is being drawn, and the verdict."""

    def __init__(self, ink: Ink) -> None:
        super().__init__()
        self.ink, self.path = ink, QPainterPath()
        self.verdict: Verdict | None = None
        self.place = QPointF()
        self.setZValue(30)

    def show_line(self, start: QPointF, end: QPointF, place: QPointF, verdict: Verdict | None) -> None:
        """From a giver's to a reader's port; place: where the mouse is."""
        self.prepareGeometryChange()
        self.path = curve([(start.x(), start.y()), (end.x(), end.y())])
        self.place, self.verdict = place, verdict
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self.path.boundingRect().united(self._label_rect()).adjusted(-6, -6, 6, 6)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = colour_of(self.verdict, self.ink) if self.verdict is not None else self.ink.accent
        style = Qt.PenStyle.DashLine if self.verdict is None or self.verdict.kind == "no" else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 2, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path)
        if self.verdict is not None:
            rect = self._label_rect()
            painter.setPen(QPen(colour, 1))
            painter.setBrush(self.ink.surface)
            painter.drawRoundedRect(rect, 5, 5)
            painter.setFont(font_of(SECONDARY))
            painter.setPen(self.ink.text)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.verdict.text)

    def _label_rect(self) -> QRectF:
        if self.verdict is None:
            return QRectF(self.place, self.place)
        width = metrics_of(SECONDARY).horizontalAdvance(self.verdict.text) + 16
        return QRectF(self.place.x() + 16, self.place.y() + 14, width, 22)


def colour_of(verdict: Verdict, ink: Ink) -> QColor:
    """Accent for yes, the colours of warnings and errors for the others."""
    return {"ok": ink.accent, "doubt": ink.warning, "no": ink.error}[verdict.kind]
