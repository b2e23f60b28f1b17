"""Drawn symbols: they look the same everywhere, which characters and emoji do not."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

STROKE = 1.5
"""Width of the pen at a symbol size of 16 pixels."""


def draw_error(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A filled circle with a cross."""
    _begin(painter, box, colour, filled=True)
    painter.drawEllipse(box)
    painter.setPen(QPen(Qt.GlobalColor.white, STROKE * box.width() / 16))
    reach = box.width() / 5
    middle = box.center()
    for sign in (1, -1):
        painter.drawLine(middle + QPointF(-reach, -sign * reach), middle + QPointF(reach, sign * reach))
    painter.restore()


def draw_warning(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A filled triangle with an exclamation mark."""
    _begin(painter, box, colour, filled=True)
    top = QPointF(box.center().x(), box.top())
    painter.drawPolygon(QPolygonF([top, box.bottomRight(), box.bottomLeft()]))
    painter.setPen(QPen(Qt.GlobalColor.white, STROKE * box.width() / 16))
    x, height = box.center().x(), box.height()
    painter.drawLine(QPointF(x, box.top() + 0.38 * height), QPointF(x, box.top() + 0.66 * height))
    painter.drawPoint(QPointF(x, box.top() + 0.84 * height))
    painter.restore()


def draw_snowflake(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Three crossing lines whose six ends carry a small fork: a frozen layer."""
    _begin(painter, box, colour, filled=False)
    middle, radius = box.center(), box.width() / 2
    for arm in range(6):
        angle = math.pi / 2 + arm * math.pi / 3
        painter.drawLine(middle, _polar(middle, radius, angle))
        fork = _polar(middle, 0.55 * radius, angle)
        for side in (-1, 1):
            painter.drawLine(fork, _polar(fork, 0.4 * radius, angle + side * math.pi / 4))
    painter.restore()


def _begin(painter: QPainter, box: QRectF, colour: QColor, *, filled: bool) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, STROKE * box.width() / 16)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(QBrush(colour) if filled else Qt.BrushStyle.NoBrush)


def _polar(middle: QPointF, radius: float, angle: float) -> QPointF:
    return middle + QPointF(radius * math.cos(angle), -radius * math.sin(angle))



def draw_pause(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Two bars."""
    _begin(painter, box, colour, filled=True)
    width, height = box.width(), box.height()
    for left in (0.2, 0.6):
        painter.drawRect(QRectF(box.left() + left * width, box.top() + 0.15 * height, 0.2 * width, 0.7 * height))
    painter.restore()



def draw_tick(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A filled circle with a tick: proven, or well done."""
    _begin(painter, box, colour, filled=True)
    painter.drawEllipse(box)
    painter.setPen(QPen(Qt.GlobalColor.white, STROKE * box.width() / 16))
    width, height = box.width(), box.height()
    points = [(0.28, 0.52), (0.44, 0.68), (0.73, 0.34)]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([box.topLeft() + QPointF(x * width, y * height) for x, y in points]))
    painter.restore()


def draw_dot(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """A small filled circle: an optimizer's colour, or a standing."""
    _begin(painter, box, colour, filled=True)
    painter.drawEllipse(box.adjusted(*[sign * 0.22 * box.width() for sign in (1, 1, -1, -1)]))
    painter.restore()
