"""The drawn icons: strokes in the colour of the text around them, in light and dark."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.theme import current_theme

STROKE = "#000000"
"""The colour in the files, which is replaced."""


def icon(name: str, colour: str = "text") -> QIcon:
    """The icon of a file in this folder. colour: which of the theme's."""
    return QIcon(StrokeIcon(name, colour))


class StrokeIcon(QIconEngine):
    """Paints an icon in the colours of the theme at that moment."""

    def __init__(self, name: str, colour: str) -> None:
        super().__init__()
        self.name, self.colour = name, colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        theme = current_theme()
        colour = QColor(getattr(theme, self.colour))
        if mode is QIcon.Mode.Disabled:
            colour = QColor(theme.secondary)
            painter.setOpacity(0.5)
        _renderer(self.name, colour.name()).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return StrokeIcon(self.name, self.colour)


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    text = files("gui.icons").joinpath(f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(text.replace(STROKE, colour).encode())
