"""How unfolded blocks and frozen regions are drawn: quiet grounds behind the boxes, with a title."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.diagram import Frame
from gui.canvas.fonts import font_of, metrics_of, write
from gui.canvas.ink import Ink
from gui.canvas.layout.geometry import Rect
from gui.canvas.regions import LABEL
from gui.symbols import draw_snowflake
from gui.theme import SECONDARY

TITLE = 22.0
"""Height of a frame's title."""
RADIUS = 8.0


class FrameItem(QGraphicsItem):
    """The frame of a block; its title says how many uses share what is edited here."""

    def __init__(self, frame: Frame, ink: Ink) -> None:
        super().__init__()
        self.frame, self.ink = frame, ink
        self.rect = QRectF()
        self.is_chosen = self.is_hot = False
        self.title = FrameTitle(self)

    def set_frame(self, frame: Frame, ink: Ink, depth: int) -> None:
        """Show this; depth: how many frames are around it."""
        self.frame, self.ink = frame, ink
        self.setZValue(0.5 + 0.01 * depth)
        self.update()
        self.title.update()

    def set_rect(self, rect: Rect) -> None:
        """Where it lies."""
        self.prepareGeometryChange()
        self.rect = to_qt(rect)
        self.title.moved()

    def mark(self, *, chosen: bool, hot: bool) -> None:
        """Whether it is one of the chosen, and whether the mouse is on its title."""
        if (chosen, hot) != (self.is_chosen, self.is_hot):
            self.is_chosen, self.is_hot = chosen, hot
            self.update()

    def ground(self) -> QColor:
        """The colour behind its boxes."""
        return self.ink.band if self.frame.is_frozen else self.ink.frame

    def title_rect(self) -> QRectF:
        """What is taken hold of, and double-clicked, to move and to fold it."""
        return QRectF(self.rect.left(), self.rect.top(), self.rect.width(), TITLE)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self.rect.adjusted(-3, -3, 3, 3)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self.ink.accent if self.is_chosen or self.is_hot else self.ink.frame_edge
        painter.setPen(QPen(colour, 2 if self.is_chosen else 1))
        painter.setBrush(self.ground())
        painter.drawRoundedRect(self.rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


class FrameTitle(QGraphicsItem):
    """The title of a frame, above the lines that come in."""

    def __init__(self, owner: FrameItem) -> None:
        super().__init__()
        self.owner = owner
        self.setZValue(2.8)

    def moved(self) -> None:
        """The frame has another place or another name."""
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self.owner.title_rect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if option.levelOfDetailFromTransform(painter.worldTransform()) < 0.45:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.frame, self.ink, self.rect = self.owner.frame, self.owner.ink, self.owner.rect
        left, top = self.rect.left() + 10, self.rect.top()
        painter.fillRect(QRectF(left - 4, top + 4, self._width() + 8, TITLE - 6), self.owner.ground())
        middle = QPointF(left + 4, top + TITLE / 2 + 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ink.secondary)
        painter.drawPolygon(QPolygonF([middle + QPointF(-4, -2), middle + QPointF(4, -2), middle + QPointF(0, 3)]))
        left += 14
        if self.frame.is_frozen:
            draw_snowflake(painter, QRectF(left, top + 5, 12, 12), self.ink.frozen)
            left += 17
        left = self._word(painter, self.frame.label, left, bold=True)
        self._word(painter, self.frame.title, left + 6, bold=False)

    def _width(self) -> float:
        words = metrics_of(SECONDARY, bold=True).horizontalAdvance(self.frame.label)
        words += metrics_of(SECONDARY).horizontalAdvance(self.frame.title) + 20 + 17 * self.frame.is_frozen
        return min(words, self.rect.width() - 24)

    def _word(self, painter: QPainter, text: str, left: float, *, bold: bool) -> float:
        """Write a word that ends within the frame; where it ended."""
        metrics = metrics_of(SECONDARY, bold=bold)
        room = self.rect.right() - 8 - left
        fitting = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room))
        painter.setFont(font_of(SECONDARY, bold=bold))
        painter.setPen(self.ink.text if bold else self.ink.secondary)
        rect = QRectF(left, self.rect.top() + 1, max(0.0, room), TITLE)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, fitting)
        return left + metrics.horizontalAdvance(fitting)


class BandItem(QGraphicsItem):
    """The ground behind a frozen region."""

    def __init__(self, ink: Ink) -> None:
        super().__init__()
        self.ink, self.path, self.text = ink, QPainterPath(), ""
        self.place = QPointF()
        self.setZValue(0.1)

    def show_region(self, path: QPainterPath, place: QPointF, text: str, ink: Ink) -> None:
        """The region, and its label's lines with the place where they start; an empty text for none."""
        self.prepareGeometryChange()
        self.ink, self.path, self.place, self.text = ink, path, place, text
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self.path.boundingRect().adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.ink.band_edge, 1))
        painter.setBrush(self.ink.band)
        painter.drawPath(self.path)
        if option.levelOfDetailFromTransform(painter.worldTransform()) < 0.45:
            return
        words = self.text.split("\n")
        for place, word in enumerate(words):
            rect = QRectF(self.place.x(), self.place.y() + 8 + 16 * place, LABEL - 12, 16)
            write(painter, rect, word, SECONDARY, self.ink.frozen, Qt.AlignmentFlag.AlignRight, bold=place == 0)
        if words[0]:
            left = self.place.x() + LABEL - 12 - metrics_of(SECONDARY, bold=True).horizontalAdvance(words[0])
            draw_snowflake(painter, QRectF(left - 18, self.place.y() + 10, 12, 12), self.ink.frozen)


def to_qt(rect: Rect) -> QRectF:
    """The same rectangle in Qt's form."""
    return QRectF(rect.left, rect.top, rect.width, rect.height)
