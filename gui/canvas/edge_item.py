"""How one line is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPathStroker, QPen, QPolygonF
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsPathItem,
    QGraphicsPolygonItem,
    QStyleOptionGraphicsItem,
    QWidget,
)

from gui.canvas.box_item import LEGIBLE
from gui.canvas.curves import curve
from gui.canvas.fonts import metrics_of, write
from gui.canvas.ink import Ink
from gui.canvas.layout.geometry import Point
from gui.theme import SECONDARY

TIP = 6.0
"""Length of the arrow."""
NEAR = 7.0
"""How close to a line the mouse must be to mean it."""
THIN, THICK = 1.4, 2.2


class EdgeItem(QGraphicsPathItem):
    """A line with an arrow; beside its start the shape that flows along it, where it `tells`, or while it is hot.

    Line and arrow are painted by Qt itself: hundreds of them are in sight at once.
    """

    def __init__(self, giver: str, reader: str, ink: Ink) -> None:
        super().__init__()
        self.giver, self.reader, self.ink = giver, reader, ink
        self.points: list[Point] = [(0.0, 0.0), (0.0, 0.0)]
        self.tells = False
        self.is_hot = self.is_chosen = self.is_near_chosen = False
        self.tip = QGraphicsPolygonItem(self)
        self.label = ShapeLabel(self)
        self.setZValue(2)
        self._colour()

    def set_points(self, points: Sequence[Point]) -> None:
        """Where it runs."""
        points = list(points)
        if points != self.points:
            self.points = points
            (x, y), end = points[0], QPointF(*points[-1])
            self.setPath(curve([*points[:-1], (points[-1][0], points[-1][1] - 1)]))
            self.tip.setPolygon(QPolygonF([end, end + QPointF(-TIP / 1.7, -TIP), end + QPointF(TIP / 1.7, -TIP)]))
            self.label.setPos(x + 7, y + 5)

    def set_text(self, text: str, *, tells: bool, ink: Ink) -> None:
        """The shape, and whether it is always to be seen."""
        if (text, tells, ink) != (self.label.text, self.tells, self.ink):
            self.tells, self.ink = tells, ink
            self.label.show_text(text, ink)
            self._colour()

    def mark(self, *, hot: bool | None = None, chosen: bool | None = None, near: bool | None = None) -> None:
        """Under the mouse; chosen itself; at a box that is chosen."""
        state = (self.is_hot if hot is None else hot, self.is_chosen if chosen is None else chosen,
                 self.is_near_chosen if near is None else near)  # fmt: skip
        if state != (self.is_hot, self.is_chosen, self.is_near_chosen):
            self.is_hot, self.is_chosen, self.is_near_chosen = state
            self._colour()

    def is_at(self, point: QPointF) -> bool:
        """Whether a place in the scene is on the line."""
        if not self.boundingRect().adjusted(-NEAR, -NEAR, NEAR, NEAR).contains(point):
            return False
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * NEAR)
        return stroker.createStroke(self.path()).contains(point)

    def _colour(self) -> None:
        is_thick = self.is_hot or self.is_chosen
        colour = self.ink.accent if is_thick or self.is_near_chosen else self.ink.line
        self.setPen(QPen(colour, THICK if is_thick else THIN))
        self.tip.setPen(Qt.PenStyle.NoPen)
        self.tip.setBrush(colour)
        self.label.setVisible(bool(self.label.text) and (self.tells or is_thick))
        self.setZValue(2.5 if is_thick or self.is_near_chosen else 2)


class ShapeLabel(QGraphicsItem):
    """The shape at the right of a line's start."""

    def __init__(self, edge: EdgeItem) -> None:
        super().__init__(edge)
        self.text, self.colour, self.width = "", QColor(), 0.0

    def show_text(self, text: str, ink: Ink) -> None:
        """Show this."""
        self.prepareGeometryChange()
        self.text, self.colour = text, ink.secondary
        self.width = metrics_of(SECONDARY).horizontalAdvance(text) + 4
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(0, 0, self.width, 16)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if option.levelOfDetailFromTransform(painter.worldTransform()) >= LEGIBLE:
            write(painter, self.boundingRect(), self.text, SECONDARY, self.colour, Qt.AlignmentFlag.AlignLeft)
