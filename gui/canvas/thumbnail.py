"""A small picture of a spec's network, for the welcome page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen

from gui.canvas.board import facts_of
from gui.canvas.diagram import Box, Diagram
from gui.canvas.far_item import far_colour
from gui.canvas.ink import Ink, ink_of
from gui.canvas.make_diagram import make_diagram
from gui.state import State, analysed
from netspec.look import Theme
from netspec.problems import SpecError
from netspec.spec.source import read_source

HEIGHT, MARGIN = 90.0, 9.0
"""Of a picture, in the units of the others here; all grow with its size."""
WIDEST = 9.0
"""Of a bar."""
GAP = 0.3
"""Between two bars, as a part of their width."""
SHARE = 0.78
"""Part of the height that the highest bar takes; above it run the lines that pass layers."""


def thumbnail(path: Path, size: QSize, theme: Theme) -> QImage:
    """The layers from left to right in their families' colours, as high as their pictures (or vectors) are large.

    An empty, transparent picture of a spec that cannot be read.
    """
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    try:
        source = read_source(path)
    except SpecError:
        return image
    state = analysed(State(path, source.text, source.format, source.file, source.folder))
    diagram = make_diagram(state.outline, facts_of(state))
    boxes = [box for box in diagram.boxes if box.kind == "layer"]
    if boxes:
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = size.height() / HEIGHT
        painter.scale(scale, scale)
        skips = _skips(diagram, boxes)
        bars = _bars(boxes, QRectF(0, 0, size.width() / scale, HEIGHT), has_skips=bool(skips))
        _paint(painter, boxes, bars, skips, ink_of(theme))
        painter.end()
    return image


def _skips(diagram: Diagram, boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Places of the ends of lines that pass layers."""
    place = {box.name: at for at, box in enumerate(boxes)}
    ends = [(place[giver], place[reader]) for giver, reader in diagram.pairs if giver in place and reader in place]
    return [(first, last) for first, last in ends if last > first + 1]


def _bars(boxes: Sequence[Box], room: QRectF, *, has_skips: bool) -> list[QRectF]:
    width = min(WIDEST, (room.width() - 2 * MARGIN) / (len(boxes) * (1 + GAP)))
    left = room.center().x() - len(boxes) * width * (1 + GAP) / 2
    highest = (room.height() - 2 * MARGIN) * SHARE
    middle = room.bottom() - MARGIN - highest / 2 if has_skips else room.center().y()
    largest = max(_extent(box) for box in boxes)
    bars = []
    for place, box in enumerate(boxes):
        height = max(0.12, _extent(box) / largest) * highest
        bars.append(QRectF(left + place * width * (1 + GAP), middle - height / 2, width, height))
    return bars


def _extent(box: Box) -> float:
    """How large a layer's output looks: by the height of its pictures, of vectors by half their length's logarithm."""
    if not box.shape:
        return 2.0
    return math.log2(box.shape[1] + 1) if len(box.shape) > 1 else math.log2(box.shape[0] + 1) / 2


def _paint(
    painter: QPainter, boxes: Sequence[Box], bars: Sequence[QRectF], skips: Sequence[tuple[int, int]], ink: Ink
) -> None:
    painter.setPen(QPen(ink.line, 1))
    for first, last in skips:
        painter.drawPath(_arc(bars, first, last))
    painter.setPen(Qt.PenStyle.NoPen)
    for box, bar in zip(boxes, bars, strict=True):
        painter.setBrush(far_colour(box, ink))
        painter.drawRoundedRect(bar, min(2.0, bar.width() / 3), min(2.0, bar.width() / 3))


def _arc(bars: Sequence[QRectF], first: int, last: int) -> QPainterPath:
    """Over all that lies between two bars."""
    start, end = bars[first].center().x(), bars[last].center().x()
    top = min(bar.top() for bar in bars[first : last + 1])
    path = QPainterPath(QPointF(start, bars[first].top()))
    path.cubicTo(QPointF(start, top - 12), QPointF(end, top - 12), QPointF(end, bars[last].top()))
    return path
