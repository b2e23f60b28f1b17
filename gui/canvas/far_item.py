"""The whole network seen from afar: one item that paints all boxes and lines with few calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from PySide6.QtCore import QLineF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.box_item import main_family
from gui.canvas.diagram import Box, Diagram
from gui.canvas.fonts import write
from gui.canvas.frame_item import to_qt
from gui.canvas.ink import Ink, mix
from gui.canvas.layout.nested import Layout
from gui.theme import SECONDARY

BLOCK = 2048.0
"""Height of the strips into which lines are sorted, so that those out of sight are not painted."""
NAMED = 0.2
"""Zoom from which boxes carry their names, in small letters."""
MOST_NAMED = 400
"""Boxes in sight up to which they are named: writing takes longer than all else."""
BAR = 14.0
"""Width of the family's bar, beside a name."""


@dataclass
class _Group:
    """Boxes of one colour: strong as a whole, soft behind a name."""

    strong: QColor
    soft: QColor
    is_frozen: bool
    rects: list[QRectF] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class FarItem(QGraphicsItem):
    """Paints what is in sight: frames, lines as straight pieces, boxes as plain rectangles in their family's colour."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds = QRectF()
        self.frames: list[QRectF] = []
        self.groups: list[_Group] = []
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
        self.frames = [to_qt(layout.frames[frame.name]) for frame in diagram.frames]
        groups: dict[str, _Group] = {}
        for box in diagram.boxes:
            strong = far_colour(box, ink)
            group = groups.setdefault(strong.name(), _Group(strong, mix(ink.surface, strong, 0.35), box.is_frozen))
            group.rects.append(to_qt(layout.boxes[box.name]))
            group.names.append(box.label or box.name)
        self.groups = list(groups.values())
        self.lines = {}
        for line in layout.lines.values():
            for a, b in pairwise(line):
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
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(_thin(self.ink.frame_edge))
        painter.setBrush(self.ink.frame)
        painter.drawRects([rect for rect in self.frames if rect.intersects(sight)])
        painter.setPen(_thin(self.ink.line))
        for strip in range(int(sight.top() // BLOCK), int(sight.bottom() // BLOCK) + 1):
            painter.drawLines(self.lines.get(strip, []))
        seen = [[at for at, rect in enumerate(group.rects) if rect.intersects(sight)] for group in self.groups]
        is_named = zoom >= NAMED and sum(map(len, seen)) <= MOST_NAMED
        for group, places in zip(self.groups, seen, strict=True):
            self._paint_group(painter, group, places, is_named=is_named)
        self._paint_rings(painter)

    def _paint_group(self, painter: QPainter, group: _Group, seen: list[int], *, is_named: bool) -> None:
        assert self.ink is not None
        dashed = _thin(self.ink.frozen)
        dashed.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(dashed if group.is_frozen and is_named else Qt.PenStyle.NoPen)
        painter.setBrush(group.soft if is_named else group.strong)
        painter.drawRects([group.rects[at] for at in seen])
        if is_named:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(group.strong)
            painter.drawRects([QRectF(group.rects[at].topLeft(), QSizeF(BAR, group.rects[at].height())) for at in seen])
            self._write_names(painter, group, seen)

    def _write_names(self, painter: QPainter, group: _Group, seen: list[int]) -> None:
        """In pixels of the screen, since letters of the scene's size could not be read."""
        assert self.ink is not None
        transform = painter.worldTransform()
        size = min(SECONDARY, max(7, round(transform.m22() * 44 * 0.72)))
        painter.save()
        painter.resetTransform()
        for at in seen:
            rect = transform.mapRect(group.rects[at].adjusted(BAR + 8, 0, -6, 0))
            write(painter, rect, group.names[at], size, self.ink.text, Qt.AlignmentFlag.AlignLeft)
        painter.restore()

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
