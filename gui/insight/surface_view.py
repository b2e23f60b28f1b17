"""A surface from above with the ways of optimizers over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.insight.pictures import image
from gui.insight.relief import filled, height, relief, stretched
from gui.theme import SECONDARY, current_theme

Array = NDArray[Any]
HEAD, RING = 5.0, 6.0
"""Radii in pixels of where an optimizer stands, and of the start."""
STEPS_OF_KEYS = 50
"""An arrow key moves the start by this part of the picture."""


@dataclass(frozen=True, eq=False)
class Way:
    """points: (steps + 1, 2), NaN where the optimizer has run away."""

    name: str
    colour: str
    points: Array


class SurfaceView(QWidget):
    """Paints it; `start_chosen` tells x and y."""

    start_chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values: Array | None = None
        self.bounds = (0.0, 1.0, 0.0, 1.0)
        self.minima: tuple[tuple[float, float], ...] = ()
        self.start: tuple[float, float] | None = None
        self.ways: list[Way] = []
        self.step = 0
        self._at: QPointF | None = None
        self._relief: QPixmap | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Surface")
        self.setAccessibleDescription("A click or the arrow keys choose the start")

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 180)

    def show_surface(
        self, values: Array, bounds: tuple[float, float, float, float], minima: Sequence[tuple[float, float]] = ()
    ) -> None:
        """values: (rows, columns), the first row below; NaN: not known yet. bounds: left, right, bottom, top."""
        self.values, self.bounds, self.minima = values, bounds, tuple(minima)
        self._relief = None
        self.update()

    def show_ways(self, ways: Sequence[Way], start: tuple[float, float] | None) -> None:
        """Draw these ways, up to `step`."""
        self.ways, self.start = list(ways), start
        self.update()

    def show_step(self, step: int) -> None:
        """Draw the ways up to here."""
        if step != self.step:
            self.step = step
            self.update()

    def restyle(self) -> None:
        """The colours are others now."""
        self._relief = None
        self.update()

    def place(self, x: float, y: float) -> QPointF:
        """Where a point lies in the widget."""
        left, right, bottom, top = self.bounds
        return QPointF((x - left) / (right - left) * self.width(), (top - y) / (top - bottom) * self.height())

    def point(self, at: QPointF) -> tuple[float, float]:
        """What lies at a place of the widget."""
        left, right, bottom, top = self.bounds
        return left + at.x() / self.width() * (right - left), top - at.y() / self.height() * (top - bottom)

    def value_at(self, x: float, y: float) -> float:
        """The value of the nearest grid point."""
        if self.values is None:
            return float("nan")
        left, right, bottom, top = self.bounds
        rows, columns = self.values.shape
        row, column = (
            round((y - bottom) / (top - bottom) * (rows - 1)),
            round((x - left) / (right - left) * (columns - 1)),
        )
        return float(self.values[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme, painter = current_theme(), QPainter(self)
        if self.values is None or not np.isfinite(self.values).any():
            painter.fillRect(self.rect(), QColor(theme.surface))
        else:
            painter.drawPixmap(0, 0, self._drawn())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_minima(painter)
        for way in self.ways:
            self._paint_way(painter, way)
        if self.start is not None:
            painter.setPen(QPen(QColor(theme.text), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.place(*self.start), RING, RING)
        self._paint_heads(painter)
        self._paint_readout(painter)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        wanted = QSize(round(self.width() * ratio), round(self.height() * ratio))
        if self._relief is None or self._relief.size() != wanted:
            assert self.values is not None
            heights = stretched(filled(height(self.values)), wanted.height(), wanted.width())
            self._relief = QPixmap.fromImage(image(relief(heights, current_theme())))
            self._relief.setDevicePixelRatio(ratio)
        return self._relief

    def _paint_minima(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(current_theme().text), 1.5))
        for minimum in self.minima:
            at = self.place(*minimum)
            for dx, dy in ((5, 0), (0, 5)):
                painter.drawLine(at - QPointF(dx, dy), at + QPointF(dx, dy))

    def _paint_way(self, painter: QPainter, way: Way) -> None:
        points = way.points[: self.step + 1]
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) < 2:
            return
        pen = QPen(QColor(way.colour), 2)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([self.place(float(x), float(y)) for x, y in points]))

    def _paint_heads(self, painter: QPainter) -> None:
        """Where each stands; in front of all ways."""
        for way in self.ways:
            points = way.points[: self.step + 1]
            x, y = points[-1] if len(points) else (np.nan, np.nan)
            if np.isfinite(x) and np.isfinite(y):
                painter.setPen(QPen(QColor(current_theme().surface), 1.5))
                painter.setBrush(QColor(way.colour))
                painter.drawEllipse(self.place(float(x), float(y)), HEAD, HEAD)

    def _paint_readout(self, painter: QPainter) -> None:
        if self._at is None:
            return
        theme, (x, y) = current_theme(), self.point(self._at)
        text = f"({x:.3g}, {y:.3g})   {self.value_at(x, y):.4g}"
        font = QFont(self.font())
        font.setPixelSize(SECONDARY)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(text) + 16
        box = QRectF(8, self.height() - 30, width, 22)
        shade = QColor(theme.surface)
        shade.setAlphaF(0.85)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._at = event.position()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event.position())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._at = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        left, right, bottom, top = self.bounds
        across, up = (right - left) / STEPS_OF_KEYS, (top - bottom) / STEPS_OF_KEYS
        moves = {
            Qt.Key.Key_Left: (-across, 0.0), Qt.Key.Key_Right: (across, 0.0),
            Qt.Key.Key_Up: (0.0, up), Qt.Key.Key_Down: (0.0, -up),
        }  # fmt: skip
        move = moves.get(Qt.Key(event.key()))
        if move is None or self.start is None:
            super().keyPressEvent(event)
            return
        self.start_chosen.emit(self.start[0] + move[0], self.start[1] + move[1])

    def _choose(self, at: QPointF) -> None:
        if self.start is not None and self.rect().contains(at.toPoint()):
            self.start_chosen.emit(*self.point(at))
