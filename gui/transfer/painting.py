"""How the chart of stages is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import log10

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.canvas.fonts import metrics_of, write
from gui.canvas.ink import Ink, mix
from gui.symbols import draw_error, draw_snowflake, draw_tick
from gui.theme import BODY, SECONDARY
from gui.transfer.places import LABELS, Places
from gui.transfer.schedule import Row
from netspec.look import count

PALEST, DECADES = 0.2, 2.5
"""Share of the accent in the lowest rates, and over how many powers of ten it rises to the whole."""
FLAKE = 13.0
HIGH = 30.0
"""Height of a row from which on there is room for two lines."""


@dataclass(frozen=True)
class Progress:
    """How far the shown run is. proven: whether all proofs so far hold; None: there are none."""

    epochs: float = 0.0
    proven: bool | None = None


@dataclass(frozen=True)
class Mark:
    """What the mouse and the keyboard are at. edge: units that would be frozen in the row; epoch: where it would begin."""

    row: int | None = None
    hot: int | None = None
    edge: int | None = None
    epoch: int | None = None


def paint_chart(painter: QPainter, places: Places, ink: Ink, mark: Mark, progress: Progress) -> None:
    """The whole chart."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_names(painter, places, ink)
    for at, row in enumerate(places.schedule.rows):
        _paint_label(painter, places, ink, at, row, is_chosen=at == mark.row)
        _paint_row(painter, places, ink, at, row, progress)
        if row.kind != "warmup":
            is_dragged = mark.edge is not None and at == mark.row
            edge = mark.edge if is_dragged and mark.edge is not None else places.schedule.boundary(row)
            _paint_handle(painter, places, ink, at, edge, is_hot=is_dragged or at == mark.hot)
    if mark.row is not None and mark.epoch is not None:
        _paint_line(painter, places, ink.accent, places.height_of(mark.epoch))
    if progress.epochs > 0:
        _paint_progress(painter, places, ink, progress.epochs)


def rate_colour(ink: Ink, rate: float) -> QColor:
    """The deeper, the faster a layer learns."""
    share = min(max(1 + log10(rate) / DECADES, 0.0), 1.0) if rate > 0 else 0.0
    return mix(ink.surface, ink.accent, PALEST + (0.95 - PALEST) * share)


def text_on(ink: Ink, colour: QColor) -> QColor:
    """A colour that can be read on another."""
    light, dark = sorted((ink.surface, ink.text), key=lambda one: -one.lightness())
    return dark if 0.3 * colour.redF() + 0.59 * colour.greenF() + 0.11 * colour.blueF() > 0.53 else light


def written_rate(rate: float) -> str:
    """ "× 0.1"."""
    return f"× {rate:.3g}"


def _paint_names(painter: QPainter, places: Places, ink: Ink) -> None:
    metrics = metrics_of(SECONDARY)
    right_of_last = 0.0
    for unit, (left, right) in zip(places.schedule.units, places.columns, strict=True):
        name = unit.name.rpartition(".")[2] or unit.name
        width = metrics.horizontalAdvance(name)
        start = (left + right - width) / 2
        if start > right_of_last + 6 and width <= right - left + 14:
            write(painter, QRectF(start, 2, width + 2, 18), name, SECONDARY, ink.quiet, Qt.AlignmentFlag.AlignLeft)
            right_of_last = start + width


def _paint_label(painter: QPainter, places: Places, ink: Ink, at: int, row: Row, *, is_chosen: bool) -> None:
    top, bottom = places.rows[at]
    if is_chosen:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.selection)
        painter.drawRoundedRect(QRectF(0, top, LABELS - 8, bottom - top), 5, 5)
    middle = (top + bottom) / 2
    is_high = bottom - top >= HIGH
    title = row.epochs[0].upper() + row.epochs[1:] + (" · warm-up" if row.kind == "warmup" else "")
    area = QRectF(8, middle - (15 if is_high else 8), LABELS - 20, 15)
    write(painter, area, title, BODY, ink.text, Qt.AlignmentFlag.AlignLeft, bold=is_chosen)
    if not is_high:
        return
    learned = f"{count(places.schedule.learned(row))} learn"
    write(painter, QRectF(8, middle, LABELS - 20, 14), learned, SECONDARY, ink.quiet, Qt.AlignmentFlag.AlignLeft)


def _paint_row(painter: QPainter, places: Places, ink: Ink, at: int, row: Row, progress: Progress) -> None:
    top, bottom = places.rows[at]
    pieces = _pieces(places, row)
    painter.setPen(Qt.PenStyle.NoPen)
    for left, right, rate in pieces:
        painter.setBrush(ink.frozen_fill if rate is None else rate_colour(ink, rate))
        painter.drawRoundedRect(QRectF(left, top, right - left, bottom - top), 2.5, 2.5)
    for rate, group in groupby(pieces, key=lambda piece: piece[2]):
        found = list(group)
        area = QRectF(found[0][0], top, found[-1][1] - found[0][0], bottom - top)
        if rate is None:
            is_done = progress.epochs >= row.first
            _paint_frozen(painter, area, ink, progress.proven if is_done else None)
        else:
            _paint_rate(painter, area, ink, rate)


def _pieces(places: Places, row: Row) -> list[tuple[float, float, float | None]]:
    """Left, right and rate of everything that is drawn in a row."""
    found = []
    for unit, (left, right) in zip(places.schedule.units, places.columns, strict=True):
        step = (right - left) / len(unit.leaves)
        for first, end, rate in places.schedule.runs(row, unit):
            found.append((left + first * step, left + end * step, rate))
    return found


def _paint_frozen(painter: QPainter, area: QRectF, ink: Ink, proven: bool | None) -> None:
    """A snowflake, with the word where there is room; and behind it what the freeze proof says."""
    width = metrics_of(SECONDARY).horizontalAdvance("frozen")
    symbols = FLAKE + (FLAKE + 5 if proven is not None else 0)
    has_word = area.width() >= symbols + width + 20
    if area.width() < FLAKE + 2:
        return
    left = area.center().x() - (symbols + (width + 5 if has_word else 0)) / 2
    if area.width() < symbols + 2:
        proven, left = None, area.center().x() - FLAKE / 2
    box = QRectF(left, area.center().y() - FLAKE / 2, FLAKE, FLAKE)
    draw_snowflake(painter, box, ink.frozen)
    left += FLAKE + 5
    if has_word:
        place = QRectF(left, area.top(), width + 2, area.height())
        write(painter, place, "frozen", SECONDARY, ink.quiet, Qt.AlignmentFlag.AlignLeft)
        left += width + 6
    if proven is not None:
        box = QRectF(left, area.center().y() - FLAKE / 2, FLAKE - 1, FLAKE - 1)
        (draw_tick if proven else draw_error)(painter, box, ink.ok if proven else ink.error)


def _paint_rate(painter: QPainter, area: QRectF, ink: Ink, rate: float) -> None:
    text = written_rate(rate)
    if metrics_of(SECONDARY).horizontalAdvance(text) + 6 <= area.width():
        write(painter, area, text, SECONDARY, text_on(ink, rate_colour(ink, rate)), Qt.AlignmentFlag.AlignHCenter)


def _paint_handle(painter: QPainter, places: Places, ink: Ink, at: int, edge: int, *, is_hot: bool) -> None:
    """A grip where the frozen part ends."""
    top, bottom = places.rows[at]
    x, middle = places.edge(edge), (top + bottom) / 2
    painter.setPen(QPen(ink.accent if is_hot else ink.frozen, 2 if is_hot else 1.5))
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    painter.setBrush(ink.surface)
    painter.drawRoundedRect(QRectF(x - 3.5, middle - 8, 7, 16), 3.5, 3.5)


def _paint_line(painter: QPainter, places: Places, colour: QColor, y: float) -> None:
    painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(0, y), QPointF(places.columns[-1][1], y))


def _paint_progress(painter: QPainter, places: Places, ink: Ink, epochs: float) -> None:
    """A line with an arrow: here the run is."""
    y = places.height_of(epochs)
    painter.setPen(QPen(ink.text, 1))
    painter.drawLine(QPointF(LABELS - 6, y), QPointF(places.columns[-1][1], y))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.text)
    painter.drawPolygon(QPolygonF([QPointF(LABELS - 9, y - 4), QPointF(LABELS - 2, y), QPointF(LABELS - 9, y + 4)]))
