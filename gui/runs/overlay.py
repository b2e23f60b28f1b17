"""What is painted over a plot: bands of epochs and stages, rings around the best, labels, the crosshair with its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from gui.runs.plot import CurvePlot, theme_colour
from gui.symbols import draw_snowflake
from gui.theme import BODY, SECONDARY
from netspec.look import count
from netspec.training.curves import moved_apart

TOP, STRIP, GAP, SWATCH = 26, 14, 15, 14
"""Pixels: title above the plot, strip of a stage, between two labels, of a label's line."""
NARROWEST_BAND, NUMBERED_BAND, CACHED_BAND = 4.0, 44.0, 80.0
RING = 9.0


@dataclass(frozen=True)
class Label:
    """Beside the right end of a curve. y: where the curve ends, as it was measured."""

    text: str
    value: str
    colours: tuple[str, ...]
    y: float
    is_dashed: bool = False
    is_bad: bool = False


@dataclass(frozen=True)
class Ring:
    """Around the best point."""

    step: float
    value: float
    colour: str


@dataclass(frozen=True)
class Band:
    """From a step to another: a stage of training, with frozen layers or without."""

    first: float
    last: float
    text: str
    is_frozen: bool = True


@dataclass
class Overlay:
    """What is to be painted over one plot, and where the crosshair is."""

    title: str = ""
    note: str = ""
    labels: list[Label] = field(default_factory=list)
    rings: list[Ring] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    cached: frozenset[int] = frozenset()
    """Epochs, from 1, whose features came from the frozen-prefix cache."""
    epoch: float = 0.0
    """Steps in an epoch."""
    step: float | None = None
    """Where the crosshair is."""
    head: Sequence[str] = ()
    rows: Sequence[tuple[str, Sequence[str]]] = ()
    """Values at the crosshair: colour, then one text for each column of `head`."""

    def paint(self, plot: CurvePlot, painter: QPainter) -> None:
        """All of it, in pixels of the plot."""
        paint_epochs(self, plot, painter)
        paint_bands(self, plot, painter)
        paint_title(self, plot, painter)
        for ring in self.rings:
            paint_ring(ring, plot, painter)
        paint_labels(self, plot, painter)
        if self.step is not None:
            paint_crosshair(self, plot, painter)


def paint_epochs(overlay: Overlay, plot: CurvePlot, painter: QPainter) -> None:
    """Every second epoch a little darker, with its number where there is room."""
    box = plot.field()
    if not overlay.epoch:
        return
    width = plot.at(overlay.epoch, 1).x() - plot.at(0, 1).x()
    if width < NARROWEST_BAND:
        return
    colour = theme_colour("text")
    colour.setAlphaF(0.035)
    painter.setClipRect(box)
    painter.setFont(_font(SECONDARY))
    first, last = plot.step_at(box.topLeft()), plot.step_at(box.topRight())
    for epoch in range(max(int(first / overlay.epoch), 0), int(last / overlay.epoch) + 1):
        left = plot.at(epoch * overlay.epoch, 1).x()
        if epoch % 2:
            painter.fillRect(QRectF(left, box.top(), width, box.height()), colour)
        if width >= NUMBERED_BAND:
            painter.setPen(theme_colour("secondary"))
            text = f"{epoch + 1} · cached" if epoch + 1 in overlay.cached and width >= CACHED_BAND else str(epoch + 1)
            painter.drawText(QRectF(left, box.top() + 1, width, 14), Qt.AlignmentFlag.AlignHCenter, text)
    painter.setClipping(False)


def paint_bands(overlay: Overlay, plot: CurvePlot, painter: QPainter) -> None:
    """A strip with a snowflake for each stage with frozen layers."""
    box = plot.field()
    painter.setClipRect(box)
    painter.setFont(_font(SECONDARY))
    colour = theme_colour("frozen")
    for band in overlay.bands:
        left, right = (min(max(plot.at(x, 1).x(), box.left()), box.right()) for x in (band.first, band.last))
        strip = QRectF(left, box.bottom() - STRIP, right - left, STRIP)
        pale = QColor(colour)
        pale.setAlphaF(0.18 if band.is_frozen else 0.07)
        painter.fillRect(strip, pale)
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(left, box.top()), QPointF(left, box.bottom()))
        indent = 18 if band.is_frozen else 6
        if band.is_frozen:
            draw_snowflake(painter, QRectF(left + 4, strip.top() + 2, 10, 10), colour)
        painter.setPen(colour)
        text = _cut(painter, band.text, strip.width() - indent - 4)
        painter.drawText(strip.adjusted(indent, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
    painter.setClipping(False)


def paint_title(overlay: Overlay, plot: CurvePlot, painter: QPainter) -> None:
    """Title in bold, and what the lines are beside it."""
    box = plot.field()
    painter.setFont(_font(BODY, bold=True))
    painter.setPen(theme_colour("text"))
    title = QRectF(box.left(), 0, plot.width() - box.left(), TOP - 6)
    painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, overlay.title)
    start = box.left() + QFontMetricsF(painter.font()).horizontalAdvance(overlay.title) + 10
    painter.setFont(_font(SECONDARY))
    painter.setPen(theme_colour("secondary"))
    rest = QRectF(start, 1, plot.width() - start, TOP - 6)
    painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, _cut(painter, overlay.note, rest.width()))


def paint_ring(ring: Ring, plot: CurvePlot, painter: QPainter) -> None:
    """A circle around the best point, where that is in view."""
    point = plot.at(ring.step, ring.value)
    if plot.field().adjusted(-1, -1, 1, 1).contains(point):
        painter.setPen(QPen(QColor(ring.colour), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(point, RING / 2, RING / 2)


def width_of(label: Label) -> float:
    """Pixels that a label needs beside the plot."""
    metrics = QFontMetricsF(_font(SECONDARY))
    between = 14 if label.text else 0
    return 8 + SWATCH + 10 + metrics.horizontalAdvance(label.text) + between + metrics.horizontalAdvance(label.value)


def paint_labels(overlay: Overlay, plot: CurvePlot, painter: QPainter) -> None:
    """A short line in the curve's colour, its name and its value, at the height where the curve ends."""
    box = plot.field()
    shown = overlay.labels[: max(int(box.height() // GAP), 1)]
    heights = [min(max(plot.at(0, label.y).y(), box.top()), box.bottom()) for label in shown]
    left = box.right() + 8
    font = _font(SECONDARY)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    for label, y in zip(shown, moved_apart(heights, GAP, box.top() + 6, box.bottom() - 6), strict=True):
        width = SWATCH / len(label.colours)
        for number, colour in enumerate(label.colours):
            pen = QPen(QColor(colour), 2)
            if label.is_dashed:
                pen.setDashPattern([2, 1.5])
            painter.setPen(pen)
            painter.drawLine(QPointF(left + number * width, y), QPointF(left + (number + 1) * width - 1, y))
        row = QRectF(left + SWATCH + 6, y - GAP / 2, plot.width() - left - SWATCH - 8, GAP)
        painter.setPen(theme_colour("error" if label.is_bad else "text"))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, label.value)
        room = row.width() - metrics.horizontalAdvance(label.value) - 8
        painter.setPen(theme_colour("text"))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, _cut(painter, label.text, room))


def paint_crosshair(overlay: Overlay, plot: CurvePlot, painter: QPainter) -> None:
    """A line at the step, and the values of every curve there."""
    assert overlay.step is not None
    box, x = plot.field(), plot.at(overlay.step, 1).x()
    if not box.left() <= x <= box.right():
        return
    painter.setPen(QPen(theme_colour("secondary"), 1))
    painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
    if overlay.rows:
        paint_values(overlay, QRectF(box.left(), box.top(), plot.width() - box.left() - 2, box.height()), x, painter)


def paint_values(overlay: Overlay, box: QRectF, x: float, painter: QPainter) -> None:
    """A small table beside the crosshair, on the side where there is room."""
    assert overlay.step is not None
    font = _font(SECONDARY)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    texts = [list(overlay.head), *(list(cells) for _, cells in overlay.rows)]
    widths = [max(metrics.horizontalAdvance(row[i]) for row in texts) for i in range(len(overlay.head))]
    width = sum(widths) + 10 * (len(widths) - 1) + SWATCH + 22
    height = (len(texts) + 1) * GAP + 10
    left = x + 10 if x + 10 + width <= box.right() else max(x - 10 - width, 2.0)
    frame = QRectF(left, box.top() + 6, width, height)
    painter.setPen(QPen(theme_colour("line"), 1))
    back = theme_colour("surface")
    back.setAlphaF(0.94)
    painter.setBrush(back)
    painter.drawRoundedRect(frame, 6, 6)
    epoch = int(max(overlay.step - 1, 0) // overlay.epoch) + 1 if overlay.epoch else 0
    head = f"step {count(round(overlay.step))}" + (f"   epoch {epoch}" if epoch else "")
    painter.setPen(theme_colour("text"))
    painter.drawText(QRectF(left + 8, frame.top() + 5, width, GAP), Qt.AlignmentFlag.AlignVCenter, head)
    colours = [None, *(colour for colour, _ in overlay.rows)]
    for number, (cells, colour) in enumerate(zip(texts, colours, strict=True), 1):
        _paint_row(painter, frame, frame.top() + 5 + number * GAP, cells, widths, colour)


def _paint_row(
    painter: QPainter, frame: QRectF, y: float, cells: Sequence[str], widths: Sequence[float], colour: str | None
) -> None:
    left = frame.left() + 8
    if colour is not None:
        painter.setPen(QPen(QColor(colour), 2))
        painter.drawLine(QPointF(left, y + GAP / 2), QPointF(left + SWATCH, y + GAP / 2))
    painter.setPen(theme_colour("secondary" if colour is None else "text"))
    left += SWATCH + 6
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(left, y, width, GAP), Qt.AlignmentFlag.AlignVCenter | side, cell)
        left += width + 10


def _font(size: int, *, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(size)
    font.setFeature(QFont.Tag("tnum"), 1)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def _cut(painter: QPainter, text: str, width: float) -> str:
    return QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, max(width, 0))


def painter_of(overlay: Overlay, plot: CurvePlot) -> Callable[[QPainter], None]:
    """What a plot calls to have it painted."""
    return lambda painter: overlay.paint(plot, painter)
