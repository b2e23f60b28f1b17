"""Small symbols of what became of a layer's weights: loaded, started anew, not fitting."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.transfer.loads import LEFT_OVER, LOADED, NEW, PROBLEMS
from netspec.look import Theme


def draw_load(painter: QPainter, left: float, top: float, side: float, state: str, theme: Theme) -> None:
    """A disc with an arrow into a tray (loaded), a spark (new), a crossed-out equals sign (does not fit)."""
    colour = load_colour(state, theme)
    box = QRectF(left, top, side, side)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, side / 11))
    is_problem = state in PROBLEMS
    painter.setBrush(colour if is_problem else QColor(theme.surface))
    painter.drawEllipse(box.adjusted(0.6, 0.6, -0.6, -0.6))
    pen = QPen(QColor(theme.surface) if is_problem else colour, side / 10)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for x1, y1, x2, y2 in _LINES[state]:
        painter.drawLine(QPointF(left + x1 * side, top + y1 * side), QPointF(left + x2 * side, top + y2 * side))
    painter.restore()


def load_colour(state: str, theme: Theme) -> QColor:
    """Quiet for what is as it should be."""
    colours = {LOADED: theme.secondary, NEW: theme.accent, LEFT_OVER: theme.warning}
    return QColor(colours.get(state, theme.error))


_ARROW = ((0.5, 0.22, 0.5, 0.56), (0.36, 0.43, 0.5, 0.57), (0.64, 0.43, 0.5, 0.57), (0.32, 0.73, 0.68, 0.73))
_SPARK = ((0.5, 0.24, 0.5, 0.76), (0.24, 0.5, 0.76, 0.5), (0.36, 0.36, 0.64, 0.64), (0.64, 0.36, 0.36, 0.64))
_UNEQUAL = ((0.3, 0.4, 0.7, 0.4), (0.3, 0.6, 0.7, 0.6), (0.6, 0.26, 0.4, 0.74))
_LINES = {"loaded": _ARROW, "new": _SPARK, "mismatched": _UNEQUAL, "missing": _UNEQUAL, "left over": _UNEQUAL}
