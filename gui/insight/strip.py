"""Histograms over the course of a training as a strip: a column a look, a row a value, the darker the more values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.insight.pictures import colours, image
from gui.theme import SECONDARY, current_theme
from netspec.look import count

ROWS = 120
AXIS, TITLE, STEPS, LATEST = 56, 20, 18, 72
"""Pixels for the values at the left, the title above, the steps below, and the newest histogram at the right."""
Histogram = Mapping[str, Any]


def rebinned(histogram: Histogram | None, low: float, high: float, rows: int) -> NDArray[np.float64]:
    """The share of values in `rows` bins of one width from low to high; values spread evenly over their old bin."""
    if histogram is None or histogram["low"] is None:
        return np.zeros(rows)
    counts = np.asarray(histogram["counts"], np.float64)
    total = counts.sum()
    edges = np.linspace(low, high, rows + 1)
    left, right = float(histogram["low"]), float(histogram["high"])
    if right <= left:
        place = min(int((left - low) / (high - low) * rows), rows - 1) if high > low else 0
        return np.asarray(np.eye(1, rows, place)[0])
    below = np.concatenate([[0.0], np.cumsum(counts)]) / total
    return np.diff(np.interp(edges, np.linspace(left, right, len(counts) + 1), below))


def extent(histograms: Sequence[Histogram | None]) -> tuple[float, float] | None:
    """Least and greatest value of all; None when there is none."""
    known = [one for one in histograms if one is not None and one["low"] is not None]
    if not known:
        return None
    low, high = min(one["low"] for one in known), max(one["high"] for one in known)
    pad = 1e-12 + abs(low) * 1e-3 if low == high else 0.0
    return low - pad, high + pad


class Strip(QWidget):
    """Paints the strip, and the newest histogram beside it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._looks: list[tuple[int, Histogram | None]] = []
        self._extent: tuple[float, float] | None = None
        self._picture: QImage | None = None
        self._latest: NDArray[np.float64] = np.zeros(0)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(AXIS + LATEST + 60, 58)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(300, 130)

    def show_histograms(self, looks: Sequence[tuple[int, Histogram | None]]) -> None:
        """(step, histogram), oldest first."""
        self._looks = list(looks)
        self._extent = extent([one for _, one in looks])
        self._picture, self._latest = None, np.zeros(0)
        if self._extent is not None:
            self._latest = rebinned(next(one for _, one in reversed(looks) if one is not None), *self._extent, ROWS)
        self.update()

    def forget_picture(self) -> None:
        """The colours are others now."""
        self._picture = None
        self.update()

    def _drawn(self) -> QImage:
        """The picture, a pixel a bin; each column on its own scale."""
        if self._picture is None:
            assert self._extent is not None
            shares = np.array([rebinned(one, *self._extent, ROWS) for _, one in self._looks])
            most = shares.max(axis=1, keepdims=True)
            theme = current_theme()
            stops = [QColor(theme.surface), QColor(theme.accent), QColor(theme.text)]
            bright = np.sqrt(shares / np.where(most > 0, most, 1.0)) * 0.85
            self._picture = image(np.ascontiguousarray(colours(bright.T[::-1], stops)))
        return self._picture

    @property
    def _plot(self) -> QRect:
        return self.rect().adjusted(AXIS, TITLE, -LATEST - 8, -STEPS)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme, painter = current_theme(), QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(SECONDARY)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        painter.drawText(QRect(0, 0, self.width(), TITLE), Qt.AlignmentFlag.AlignVCenter, self.title)
        plot = self._plot
        if self._extent is None:
            painter.setPen(QColor(theme.secondary))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, "none")
            return
        painter.drawImage(plot, self._drawn())
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawRect(plot.adjusted(0, 0, -1, -1))
        self._paint_axes(painter, plot)
        self._paint_latest(painter, plot)

    def _paint_axes(self, painter: QPainter, plot: QRect) -> None:
        assert self._extent is not None
        low, high = self._extent
        painter.setPen(QColor(current_theme().secondary))
        right, middle = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        marks = [(low, plot.bottom() - 6), (high, plot.top() + 6)]
        if low < 0 < high and (zero := self._y(0.0)) and plot.top() + 16 < zero < plot.bottom() - 16:
            marks.append((0.0, int(zero)))
            painter.setPen(QPen(QColor(current_theme().secondary), 1, Qt.PenStyle.DotLine))
            painter.drawLine(plot.left(), int(zero), plot.right(), int(zero))
            painter.setPen(QColor(current_theme().secondary))
        for value, y in marks:
            painter.drawText(QRect(0, y - 8, AXIS - 6, 16), right | middle, f"{value:.2g}")
        steps = QRect(plot.left(), plot.bottom() + 2, plot.width(), STEPS - 2)
        painter.drawText(steps, middle, f"step {count(self._looks[0][0])}")
        if len(self._looks) > 1:
            painter.drawText(steps, right | middle, count(self._looks[-1][0]))

    def _paint_latest(self, painter: QPainter, plot: QRect) -> None:
        """The newest histogram, lying on its side."""
        theme, left = current_theme(), plot.right() + 8
        box = QRectF(left, plot.top(), LATEST, plot.height())
        most = float(self._latest.max(initial=0.0)) or 1.0
        step = box.height() / ROWS
        points = [box.bottomLeft()]
        for row, share in enumerate(self._latest):
            x, y = box.left() + box.width() * share / most, box.bottom() - row * step
            points += [QRectF(x, y, 0, 0).topLeft(), QRectF(x, y - step, 0, 0).topLeft()]
        shape = QPolygonF([*points, box.topLeft()])
        fill = QColor(theme.accent)
        fill.setAlphaF(0.25)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(theme.accent), 1))
        painter.drawPolygon(shape)

    def _y(self, value: float) -> float:
        assert self._extent is not None
        low, high = self._extent
        return self._plot.bottom() - (value - low) / (high - low) * self._plot.height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        told = self.told(event.position().toPoint().x(), event.position().toPoint().y())
        if told:
            QToolTip.showText(event.globalPosition().toPoint(), told, self)

    def told(self, x: int, y: int) -> str:
        """What lies below a point, in words."""
        plot = self._plot
        if self._extent is None or not plot.contains(x, y):
            return ""
        step, histogram = self._looks[min((x - plot.left()) * len(self._looks) // plot.width(), len(self._looks) - 1)]
        if histogram is None or histogram["low"] is None:
            return f"step {count(step)}: none"
        total = count(sum(histogram["counts"]))
        return f"step {count(step)}: {total} values from {histogram['low']:.3g} to {histogram['high']:.3g}"

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        QToolTip.hideText()
