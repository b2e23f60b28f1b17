"""Writing on the canvas: fonts and their metrics are made once, since boxes are painted thousands of times."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication

_MADE: dict[tuple[str, int, bool], tuple[QFont, QFontMetricsF]] = {}


def font_of(size: int, *, bold: bool = False) -> QFont:
    """The interface's font in a size in pixels."""
    return _both(size, bold)[0]


def metrics_of(size: int, *, bold: bool = False) -> QFontMetricsF:
    """How wide its texts are."""
    return _both(size, bold)[1]


def write(
    painter: QPainter, rect: QRectF, text: str, size: int, colour: QColor, side: Qt.AlignmentFlag, *, bold: bool = False
) -> None:
    """One line, in the middle of the rectangle's height; cut with an ellipsis where it is too long."""
    painter.setFont(font_of(size, bold=bold))
    painter.setPen(colour)
    fitting = metrics_of(size, bold=bold).elidedText(text, Qt.TextElideMode.ElideRight, rect.width() + 0.5)
    painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, fitting)


def _both(size: int, bold: bool) -> tuple[QFont, QFontMetricsF]:
    base = QApplication.font()
    key = (base.family(), size, bold)
    if key not in _MADE:
        font = QFont(base)
        font.setPixelSize(size)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        _MADE[key] = (font, QFontMetricsF(font))
    return _MADE[key]
