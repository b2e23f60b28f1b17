"""Axes without frames: faint lines for the values, numbers in the secondary colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from gui.theme import SECONDARY, current_theme
from netspec.look import count

WIDTH = 52
"""Pixels of the numbers at the left."""
FEW_DECADES = 4
"""Up to so many decades, a logarithmic axis numbers 2 and 5, too."""


class Axis(pg.AxisItem):  # type: ignore[misc]
    """Draws grid lines and numbers, and no line of its own."""

    def __init__(self, orientation: str, say: Callable[[float], str]) -> None:
        super().__init__(orientation)
        self.say = say
        self.is_log = False
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=0, tickTextOffset=6, autoExpandTextSpace=True, hideOverlappingLabels=True)
        font = QFont()
        font.setPixelSize(SECONDARY)
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setTickFont(font)
        self.setGrid(255 if orientation == "left" else False)
        if orientation == "left":
            self.setWidth(WIDTH)  # the same for all plots, and while the numbers change

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802
        if self.is_log:
            return [(1.0, log_ticks(low, high, most=max(2, int(size / 22))))]
        levels = super().tickValues(low, high, size)
        return [(spacing, list(values)) for spacing, values in levels[:1]]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        return [self.say(10**value if self.is_log else value * scale) for value in values]

    def drawPicture(self, painter: QPainter, axis: Any, ticks: Any, texts: Any) -> None:  # noqa: N802
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self.orientation == "left":
            line = QColor(theme.line)
            line.setAlphaF(0.7)
            painter.setPen(QPen(line, 1))
            for _, start, end in ticks:
                painter.drawLine(QPointF(start), QPointF(end))
        painter.setFont(self.style["tickFont"])
        painter.setPen(QColor(theme.secondary))
        for box, flags, text in texts:
            painter.drawText(box, int(flags), text)


def log_ticks(low: float, high: float, most: int = 12) -> list[float]:
    """Logarithms of round numbers between 10^low and 10^high: decades, with 2 and 5 where these are few."""
    first, last = math.floor(low), math.ceil(high)
    if last - first > max(most, FEW_DECADES):
        step = math.ceil((last - first) / most)
        return [float(decade) for decade in range(first, last + 1, step) if low <= decade <= high]
    factors = (1, 2, 5) if high - low <= FEW_DECADES else (1,)
    found = [decade + math.log10(factor) for decade in range(first, last + 1) for factor in factors]
    found = [value for value in found if low <= value <= high]
    return found if len(found) > 1 else [low + (high - low) * share for share in (0.1, 0.5, 0.9)]


def say_step(value: float) -> str:
    """1200 → "1 200"; nothing between two steps."""
    return count(round(value)) if abs(value - round(value)) < 1e-6 and value >= 0 else ""


def say_value(value: float) -> str:
    """Four significant digits."""
    return f"{value:.4g}"


def say_share(value: float) -> str:
    """0.9375 → "93.75 %"."""
    return f"{100 * value:.4g} %"
