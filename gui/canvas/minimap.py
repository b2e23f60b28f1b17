"""The whole network in a corner of the canvas, with the part that is seen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from gui.canvas.far_item import far_colour
from gui.canvas.frame_item import to_qt
from gui.canvas.view import CanvasView

LARGEST = QSize(150, 240)
SMALLEST = QSize(44, 44)
MARGIN = 6


class MiniMap(QWidget):
    """Click or drag in it to go there. It hides when everything is seen anyway."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.is_wanted = True
        self._picture = QPixmap()
        self._bounds, self._scale, self._full, self._offset = QRectF(), 0.1, QSize(SMALLEST), QPointF()
        self.setAccessibleName("Mini-map")
        self.setToolTip("The whole network; click to go there")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        view.board.shown.connect(self.refresh)
        view.moved.connect(self.follow)

    def refresh(self) -> None:
        """Draw the diagram anew."""
        self._measure()
        self._picture = self._drawn()
        self.follow()

    def follow(self) -> None:
        """The view has moved: another place, another part is seen."""
        size = self._full
        place = self.view.viewport().rect().bottomRight()
        self.setGeometry(place.x() - size.width() - 12, place.y() - size.height() - 12, size.width(), size.height())
        is_needed = bool(self.view.board.diagram.boxes) and not self.view.sight().contains(self._bounds)
        self.setVisible(self.is_wanted and is_needed)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        ink = self.view.board.scene.ink
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(ink.surface)
        ground.setAlphaF(0.92)
        painter.setPen(QPen(ink.border, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.drawPixmap(0, 0, self._picture)
        sight = QColor(ink.accent)
        sight.setAlphaF(0.14)
        painter.setBrush(sight)
        painter.setPen(QPen(ink.accent, 1))
        seen = self._to_map(self.view.sight()).intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.drawRect(seen.adjusted(0, 0, 0, max(0.0, 3 - seen.height())))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def _go(self, place: QPointF) -> None:
        here = (place - self._offset) / self._scale + self._bounds.topLeft()
        self.view.centerOn(here)
        self.view.moved.emit()

    def _measure(self) -> None:
        """Bounds of the network, and how they fit into the map."""
        bounds = self._bounds = self.view.board.scene.bounds()
        across = (LARGEST.width() - 2 * MARGIN) / max(1.0, bounds.width())
        down = (LARGEST.height() - 2 * MARGIN) / max(1.0, bounds.height())
        scale = self._scale = min(across, down, 0.2)
        size = QSize(round(bounds.width() * scale) + 2 * MARGIN, round(bounds.height() * scale) + 2 * MARGIN)
        self._full = size.expandedTo(SMALLEST)
        free = QPointF(self._full.width() - bounds.width() * scale, self._full.height() - bounds.height() * scale)
        self._offset = free / 2

    def _to_map(self, rect: QRectF) -> QRectF:
        place = (rect.topLeft() - self._bounds.topLeft()) * self._scale + self._offset
        return QRectF(place, rect.size() * self._scale)

    def _drawn(self) -> QPixmap:
        board, ratio = self.view.board, self.devicePixelRatioF()
        picture = QPixmap(self._full * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(board.scene.ink.frame_edge)
        painter.setOpacity(0.25)
        for rect in board.layout.frames.values():
            painter.drawRect(self._to_map(to_qt(rect)))
        painter.setOpacity(1.0)
        for box in board.diagram.boxes:
            painter.setBrush(far_colour(box, board.scene.ink))
            chip = self._to_map(to_qt(board.layout.boxes[box.name]))
            painter.drawRect(chip.adjusted(0, 0, max(0.0, 3 - chip.width()), max(0.0, 0.8 - chip.height())))
        painter.end()
        return picture
