"""The whole network seen from afar: one item that paints all boxes and lines with few calls."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.box_item import main_family
from gui.canvas.diagram import Box, Diagram
from gui.canvas.frame_item import to_qt
from gui.canvas.ink import Ink, mix
from gui.canvas.layout.nested import Layout

BLOCK = 2048.0
"""Height of the strips into which lines are sorted, so that those out of sight are not painted."""


class FarItem(QGraphicsItem):
    """Paints what is in sight: frames, lines as straight pieces, boxes as plain rectangles in their family's colour."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds = QRectF()
        self.frames: list[tuple[QRectF, QColor, QColor]] = []
        self.groups: list[tuple[QColor, list[QRectF]]] = []
        self.lines: dict[int, list[QLineF]] = {}
        self.rings: list[QRectF] = []
        self.ink: Ink | None = None
        self.setZValue(4)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def show_all(self, diagram: Diagram, layout: Layout, ink: Ink) -> None:
        """Take over another diagram."""
        self.prepareGeometryChange()
        self.ink = ink
        self.bounds = to_qt(layout.bounds.grown(40))
        self.frames = [(to_qt(layout.frames[frame.name]), ink.frame, ink.frame_edge) for frame in diagram.frames]
        colours: dict[str, tuple[QColor, list[QRectF]]] = {}
        for box in diagram.boxes:
            colour = far_colour(box, ink)
            colours.setdefault(colour.name(), (colour, []))[1].append(to_qt(layout.boxes[box.name]))
        self.groups = list(colours.values())
        self.lines = {}
        for line in layout.lines.values():
            for a, b in itertools.pairwise(line):
                self._sort_in(QLineF(*a, *b))
        self.update()

    def _sort_in(self, line: QLineF) -> None:
        first, last = sorted((int(line.y1() // BLOCK), int(line.y2() // BLOCK)))
        for strip in range(first, last + 1):
            self.lines.setdefault(strip, []).append(line)

    def ring(self, rects: list[QRectF]) -> None:
        """Mark the chosen boxes."""
        if rects != self.rings:
            self.rings = rects
            self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self.bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self.ink is None:
            return
        sight: QRectF = option.exposedRect
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for rect, fill, edge in self.frames:
            if rect.intersects(sight):
                painter.setPen(_thin(edge))
                painter.setBrush(fill)
                painter.drawRect(rect)
        painter.setPen(_thin(self.ink.line))
        for strip in range(int(sight.top() // BLOCK), int(sight.bottom() // BLOCK) + 1):
            painter.drawLines(self.lines.get(strip, []))
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, rects in self.groups:
            painter.setBrush(colour)
            painter.drawRects([rect for rect in rects if rect.intersects(sight)])
        self._paint_rings(painter)

    def _paint_rings(self, painter: QPainter) -> None:
        assert self.ink is not None
        pen = QPen(self.ink.accent, 2)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRects(self.rings)


def far_colour(box: Box, ink: Ink) -> QColor:
    """One colour for a whole box: its family's, of frozen ones the frozen grey, of broken ones the error's."""
    if box.errors:
        return ink.error
    if box.is_frozen:
        return mix(ink.surface, ink.frozen, 0.6)
    return ink.secondary if box.kind == "input" else mix(ink.surface, ink.family(main_family(box)), 0.75)


def _thin(colour: QColor) -> QPen:
    pen = QPen(colour, 1)
    pen.setCosmetic(True)
    return pen
