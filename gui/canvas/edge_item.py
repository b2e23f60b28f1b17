"""How one line is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.curves import curve
from gui.canvas.fonts import font_of, metrics_of
from gui.canvas.ink import Ink
from gui.canvas.layout.geometry import Point
from gui.theme import SECONDARY

TIP = 6.0
"""Length of the arrow."""
NEAR = 7.0
"""How close to a line the mouse must be to mean it."""
ROOM = 90.0
"""Width left for the shape beside a line."""


class EdgeItem(QGraphicsItem):
    """A line with an arrow; beside its start the shape that flows along it, where it `tells`, or while it is hot."""

    def __init__(self, giver: str, reader: str, ink: Ink) -> None:
        super().__init__()
        self.giver, self.reader, self.ink = giver, reader, ink
        self.points: list[Point] = [(0.0, 0.0), (0.0, 0.0)]
        self.path = QPainterPath()
        self.text = ""
        self.tells = False
        self.is_hot = self.is_chosen = self.is_near_chosen = False
        self.is_frozen = False
        self.setZValue(2)

    def set_points(self, points: Sequence[Point]) -> None:
        """Where it runs."""
        points = list(points)
        if points == self.points:
            return
        self.prepareGeometryChange()
        self.points = points
        self.path = curve([*points[:-1], (points[-1][0], points[-1][1] - 1)])
        self.update()

    def set_text(self, text: str, *, tells: bool, ink: Ink) -> None:
        """The shape, and whether it is always to be seen."""
        if (text, tells, ink) != (self.text, self.tells, self.ink):
            self.prepareGeometryChange()
            self.text, self.tells, self.ink = text, tells, ink
            self.update()

    def mark(self, *, hot: bool | None = None, chosen: bool | None = None, near: bool | None = None) -> None:
        """Under the mouse; chosen itself; at a box that is chosen."""
        state = (self.is_hot if hot is None else hot, self.is_chosen if chosen is None else chosen,
                 self.is_near_chosen if near is None else near)  # fmt: skip
        if state != (self.is_hot, self.is_chosen, self.is_near_chosen):
            self.is_hot, self.is_chosen, self.is_near_chosen = state
            self.setZValue(2.5 if any(state) else 2)
            self.update()

    def is_at(self, point: QPointF) -> bool:
        """Whether a place in the scene is on the line."""
        if not self.boundingRect().contains(point):
            return False
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * NEAR)
        return stroker.createStroke(self.path).contains(point)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self.path.boundingRect().adjusted(-TIP, -TIP, ROOM if self.text else TIP, TIP)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_line(painter, self.path, self.points, self.ink, self._strength())
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        if self.text and zoom >= 0.55 and (self.tells or self.is_hot or self.is_chosen):
            paint_shape(painter, self.points, self.text, self.ink)

    def _strength(self) -> int:
        return 2 if self.is_chosen or self.is_hot else 1 if self.is_near_chosen else 0


def paint_line(painter: QPainter, path: QPainterPath, points: Sequence[Point], ink: Ink, strength: int = 0) -> None:
    """The line and its arrow; strength: 0 plain, 1 coloured, 2 thick."""
    colour = ink.accent if strength else ink.line
    painter.setPen(QPen(colour, 2.2 if strength == 2 else 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    end = QPointF(*points[-1])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([end, end + QPointF(-TIP / 1.7, -TIP), end + QPointF(TIP / 1.7, -TIP)]))


def paint_shape(painter: QPainter, points: Sequence[Point], text: str, ink: Ink) -> None:
    """The shape at the right of the line's start."""
    x, y = points[0]
    metrics = metrics_of(SECONDARY)
    rect = QRectF(x + 7, y + 5, metrics.horizontalAdvance(text) + 4, 16)
    painter.setFont(font_of(SECONDARY))
    painter.setPen(ink.secondary)
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
