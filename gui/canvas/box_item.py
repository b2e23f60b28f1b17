"""How one box is drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.canvas.diagram import Box
from gui.canvas.fonts import metrics_of, write
from gui.canvas.ink import Ink, mix
from gui.canvas.layout.nested import HEIGHT, WIDTH
from gui.symbols import draw_error, draw_snowflake, draw_tick, draw_warning
from gui.theme import BAR, BODY, SECONDARY
from gui.transfer.symbols import draw_load
from netspec.look import count

RADIUS = 6.0
SYMBOL = 14.0
PORT = 4.5
"""Radius of the dots where lines start and end."""
INSET = 12.0
"""From the box's left edge to its text; behind the bar."""
LEGIBLE, DETAILED = 0.55, 0.85
"""Zoom from which the second line, and from which the number of parameters is written."""
THIN = "\N{HAIR SPACE}"
"""In shapes where there is little room."""
MARGIN = 10.0
"""Around the box, for ports and the ring of a chosen one."""


class BoxItem(QGraphicsItem):
    """One box; `set_box` shows another state of it. Its place is its top left corner.

    is_cached: on the screen it is painted once for each zoom and then copied, so that panning does not paint it anew.
    """

    def __init__(self, box: Box, ink: Ink, *, is_cached: bool = False) -> None:
        super().__init__()
        if is_cached:
            self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.box, self.ink = box, ink
        self.is_chosen = self.is_hot = self.is_current = False
        self.ports_shown = False
        self.target: QColor | None = None
        """Colour of the ring while something is dragged onto it."""
        self.setZValue(3)

    def set_box(self, box: Box, ink: Ink) -> None:
        """Show this."""
        if (box, ink) != (self.box, self.ink):
            self.box, self.ink = box, ink
            self.update()

    def mark(self, *, chosen: bool, current: bool) -> None:
        """Whether it is one of the chosen, and the one that the keyboard acts on."""
        if (chosen, current) != (self.is_chosen, self.is_current):
            self.is_chosen, self.is_current = chosen, current
            self.update()

    def heat(self, *, hot: bool, ports: bool = False) -> None:
        """Whether the mouse is over it, and whether its ports are to be seen."""
        if (hot, ports) != (self.is_hot, self.ports_shown):
            self.is_hot, self.ports_shown = hot, ports
            self.update()

    def aim(self, colour: QColor | None) -> None:
        """Ring it as the target of a drag; None: no longer."""
        self.target = colour
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(-MARGIN, -MARGIN, WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        can_freeze = self.is_hot and self.box.params > 0 and not self.box.is_frozen
        paint_box(painter, self.box, self.ink, zoom, has_flake=can_freeze)
        self._paint_ring(painter)
        if self.ports_shown:
            self._paint_ports(painter)

    def _paint_ring(self, painter: QPainter) -> None:
        colour = self.target or (self.ink.accent if self.is_chosen or self.is_hot else None)
        if colour is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        is_strong = self.is_chosen or self.target is not None
        if is_strong:
            halo = QColor(colour)
            halo.setAlphaF(0.22)
            painter.setPen(QPen(halo, 6))
            painter.drawRoundedRect(QRectF(-2, -2, WIDTH + 4, HEIGHT + 4), RADIUS + 2, RADIUS + 2)
        painter.setPen(QPen(colour, 2 if is_strong else 1))
        painter.drawRoundedRect(QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1), RADIUS, RADIUS)

    def _paint_ports(self, painter: QPainter) -> None:
        painter.setPen(QPen(self.ink.accent, 1.5))
        painter.setBrush(self.ink.surface)
        if self.box.kind != "loss":
            painter.drawEllipse(QPointF(WIDTH / 2, HEIGHT), PORT, PORT)
        if self.box.kind != "input":
            painter.drawEllipse(QPointF(WIDTH / 2, 0), PORT, PORT)


def name_rect() -> QRectF:
    """Where the name is written, in the box's coordinates: what a double click renames."""
    return QRectF(INSET, 4, WIDTH - 2 * INSET - 20, HEIGHT / 2 - 3)


def badge_rect() -> QRectF:
    """Where the snowflake stands: what a click freezes and unfreezes."""
    return QRectF(WIDTH - SYMBOL - 8, 6, SYMBOL, SYMBOL)


def problem_rect(box: Box) -> QRectF:
    """Where the badge of an error or warning stands: at the upper right corner."""
    return QRectF(WIDTH - SYMBOL / 2 - 4, -SYMBOL / 2 + 1, SYMBOL, SYMBOL)


def load_rect() -> QRectF:
    """Where it is shown what became of the pretrained weights: at the upper left corner."""
    return QRectF(-SYMBOL / 2 + 3, -SYMBOL / 2 + 1, SYMBOL, SYMBOL)


def _paint_proof(painter: QPainter, ink: Ink, *, holds: bool) -> None:
    """The freeze proof's tick at the snowflake, or a cross."""
    flake = badge_rect()
    box = QRectF(flake.right() - 5, flake.bottom() - 6, 9, 9)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.frozen_fill)
    painter.drawEllipse(box.adjusted(-1.2, -1.2, 1.2, 1.2))
    (draw_tick if holds else draw_error)(painter, box, ink.ok if holds else ink.error)


def paint_box(painter: QPainter, box: Box, ink: Ink, zoom: float = 1.0, *, has_flake: bool = False) -> None:
    """A box at its own origin, without marks of the mouse. has_flake: show where a click would freeze it."""
    _paint_body(painter, box, ink)
    _paint_words(painter, box, ink, zoom, has_flake=has_flake or box.is_frozen)
    if box.is_frozen or has_flake:
        draw_snowflake(painter, badge_rect(), ink.frozen if box.is_frozen else mix(ink.tint(main_family(box)), ink.frozen, 0.5))
        if box.proof is not None:
            _paint_proof(painter, ink, holds=box.proof)
    if box.load:
        left = load_rect()
        draw_load(painter, left.left(), left.top(), left.width(), box.load, ink.theme)
    if box.errors:
        draw_error(painter, problem_rect(box), ink.error)
    elif box.warnings:
        draw_warning(painter, problem_rect(box), ink.warning)


def _paint_body(painter: QPainter, box: Box, ink: Ink) -> None:
    rect = QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1)
    family = main_family(box)
    fill = ink.frozen_fill if box.is_frozen else ink.surface if box.kind == "input" else ink.tint(family)
    edge = ink.error if box.errors else ink.frozen if box.is_frozen else ink.outline(family)
    pen = QPen(edge, 1, Qt.PenStyle.DashLine if box.is_frozen and not box.errors else Qt.PenStyle.SolidLine)
    if pen.style() == Qt.PenStyle.DashLine:
        pen.setDashPattern([4, 3])
    if box.kind == "block":
        _paint_stack(painter, rect, fill, edge, ink)
    radius = HEIGHT / 2 if box.kind == "input" else RADIUS
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawRoundedRect(rect, radius, radius)
    if box.kind != "input":
        _paint_bar(painter, box, ink)


def _paint_stack(painter: QPainter, rect: QRectF, fill: QColor, edge: QColor, ink: Ink) -> None:
    """Two cards below a folded block."""
    painter.setBrush(mix(fill, ink.page, 0.5))
    painter.setPen(QPen(mix(edge, ink.page, 0.4), 1))
    for step in (2, 1):
        below = rect.adjusted(5 * step, 3 * step, -5 * step, 3 * step)
        painter.drawRoundedRect(below, RADIUS, RADIUS)


def _paint_bar(painter: QPainter, box: Box, ink: Ink) -> None:
    """The family's bar at the left; of a block, the families of its layers from its first to its last."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setClipRect(QRectF(0, 0, BAR, HEIGHT), Qt.ClipOperation.IntersectClip)
    height = HEIGHT / len(box.families)
    for place, family in enumerate(box.families):
        colour = ink.family(family)
        painter.setBrush(mix(colour, ink.frozen, 0.8) if box.is_frozen else colour)
        if len(box.families) == 1:
            painter.drawRoundedRect(QRectF(0, 0, 3 * RADIUS, HEIGHT), RADIUS, RADIUS)
        else:
            inside = QRectF(0, max(2.0, place * height), BAR, height + 0.5)
            painter.drawRect(inside.intersected(QRectF(0, 2, BAR, HEIGHT - 4)))
    painter.restore()


def _paint_words(painter: QPainter, box: Box, ink: Ink, zoom: float, *, has_flake: bool) -> None:
    left = INSET + (10 if box.kind == "input" else 0)
    right = WIDTH - (26 if has_flake else 22 if box.kind == "input" else 10)
    params = count(box.params) if box.params and zoom >= DETAILED else ""
    upper = QRectF(left, 4, right - left, HEIGHT / 2 - 3)
    if zoom < LEGIBLE:
        upper = QRectF(left, 0, right - left, HEIGHT)
    room = upper.width()
    if params:
        width = metrics_of(SECONDARY).horizontalAdvance(params)
        if width + 8 + metrics_of(BODY, bold=True).horizontalAdvance(box.label) <= room:
            write(painter, upper, params, SECONDARY, ink.quiet, Qt.AlignmentFlag.AlignRight)
            room -= width + 8
    upper.setWidth(room)
    colour = mix(ink.text, ink.frozen, 0.35) if box.is_frozen else ink.text
    write(painter, upper, box.label or box.name, BODY, colour, Qt.AlignmentFlag.AlignLeft, bold=True)
    if zoom >= LEGIBLE:
        right = WIDTH - (22 if box.kind == "input" else 10)
        _paint_second_line(painter, QRectF(left, HEIGHT / 2, right - left, HEIGHT / 2 - 5), box, ink.quiet)


def _paint_second_line(painter: QPainter, rect: QRectF, box: Box, colour: QColor) -> None:
    shape = box.shape_text
    if box.kind == "input":
        write(painter, rect, shape, SECONDARY, colour, Qt.AlignmentFlag.AlignLeft)
        return
    kind = f"{box.type} × {box.times}" if box.kind == "block" and box.times > 1 else box.type
    metrics = metrics_of(SECONDARY)
    if metrics.horizontalAdvance(kind) + metrics.horizontalAdvance(shape) + 6 > rect.width():
        shape = shape.replace(" ", THIN)
    write(painter, rect, shape, SECONDARY, colour, Qt.AlignmentFlag.AlignRight)
    used = metrics.horizontalAdvance(shape) + 6 if shape else 0.0
    write(painter, rect.adjusted(0, 0, -used, 0), kind, SECONDARY, colour, Qt.AlignmentFlag.AlignLeft)


def main_family(box: Box) -> str:
    """The family that gives a box its tint: of a block, that of most weight in a network's plan."""
    if len(box.families) == 1:
        return box.families[0]
    return next((family for family in ("convolution", "linear") if family in box.families), "shape")
