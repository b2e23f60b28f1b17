"""The view of the canvas: zooming, scrolling, and what the keyboard does."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QBrush,
    QColor,
    QPainter,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from gui.canvas.board import Board
from gui.canvas.frame_item import to_qt
from gui.canvas.layout.nested import Pair

LEAST, MOST = 0.02, 3.0
"""Zoom."""
FAR = 0.4
"""Zoom below which boxes are plain rectangles."""
STEP = 1.2
"""Zoom of one step."""
PADDING = 40.0
"""Around what is fitted into the view."""
COMFORTABLE = 0.7
"""A network that would be smaller than this is shown from its top, as large as its width allows."""
DOTS = 24
"""Between the dots of the ground."""


class CanvasView(QGraphicsView):
    """Shows a board. The mouse and the keys are given on to `pointer` and `keys`, set by the panel."""

    zoomed = Signal(float)
    moved = Signal()
    current_changed = Signal()

    def __init__(self, board: Board, parent: QWidget | None = None) -> None:
        super().__init__(board.scene, parent)
        self.board, self.desk = board, board.desk
        self.zoom = 1.0
        self.current: str | None = None
        """The box or frame that the keyboard acts on."""
        self.chosen_edge: Pair | None = None
        self._is_untouched = True
        self.setObjectName("canvas")
        self.setAccessibleName("Canvas")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        board.shown.connect(self._follow)
        board.opened.connect(self.show_from_start)
        self.desk.chosen_changed.connect(self._follow_choice)
        self.desk.layer_wanted.connect(self.go_to)

    def choose(self, names: Iterable[str], current: str | None = None, edge: Pair | None = None) -> None:
        """Choose boxes and frames, or one line; the keyboard goes on from `current`."""
        names = list(names)
        self.chosen_edge = edge
        self.current = current or (names[-1] if names else self.current if edge is None else None)
        self.desk.choose([name for name in names if not name.startswith("[")], by=self)
        self._mark()
        self._speak()

    def go_to(self, name: str) -> None:
        """Bring a layer into the middle, unfolding the blocks around it."""
        self.board.reveal(name)
        shown = self.board.box_of(name)
        if shown is not None:
            self.current = shown
            self.centre(shown)
            self._mark()

    def centre(self, name: str) -> None:
        """Bring a box or frame into the middle; zoom in when it could not be read."""
        rect = self.board.layout.boxes.get(name) or self.board.layout.frames.get(name)
        if rect is not None:
            if self.zoom < FAR:
                self.set_zoom(1.0)
            self._is_untouched = False
            self.centerOn(QPointF(*rect.centre))
            self.moved.emit()

    def make_visible(self, name: str) -> None:
        """Scroll no farther than needed to see a box."""
        rect = self.board.layout.boxes.get(name) or self.board.layout.frames.get(name)
        if rect is not None:
            self._is_untouched = False
            self.ensureVisible(to_qt(rect), 48, 48)
            self.moved.emit()

    def set_zoom(self, zoom: float, at: QPoint | None = None) -> None:
        """Zoom to a factor; the place under `at` (default: the middle) stays where it is."""
        zoom = min(max(zoom, LEAST), MOST)
        place = at if at is not None else self.viewport().rect().center()
        before = self.mapToScene(place)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.zoom = zoom
        after = self.mapFromScene(before)
        self._scroll(after - place)
        self.board.scene.set_far(zoom < FAR)
        self.zoomed.emit(zoom)
        self.moved.emit()

    def zoom_in(self) -> None:
        """One step closer."""
        self.set_zoom(self.zoom * STEP)

    def zoom_out(self) -> None:
        """One step away."""
        self.set_zoom(self.zoom / STEP)

    def fit(self) -> None:
        """Show the whole network."""
        self._fit(self.board.scene.bounds(), largest=1.0)

    def fit_chosen(self) -> None:
        """Show what is chosen, or the whole network."""
        layout = self.board.layout
        found = [layout.boxes.get(name) or layout.frames.get(name) for name in self.desk.chosen]
        rects = [to_qt(rect) for rect in found if rect is not None]
        whole = rects[0] if rects else self.board.scene.bounds()
        for rect in rects[1:]:
            whole = whole.united(rect)
        self._fit(whole, largest=1.5)

    def show_from_start(self) -> None:
        """The whole network where it can be read; of a large one its beginning. Kept until something else is shown."""
        self._is_untouched = True
        bounds = self.board.scene.bounds()
        self._fit(bounds, largest=1.0)
        if self.zoom < COMFORTABLE:
            room = self.viewport().width() / (bounds.width() + 2 * PADDING)
            self.set_zoom(min(1.0, max(COMFORTABLE, room)))
            middle = self.board.layout.origins.get(None, (0.0, 0.0))[0]
            half = self.viewport().height() / self.zoom / 2
            self.centerOn(QPointF(middle if room < COMFORTABLE else bounds.center().x(), bounds.top() - PADDING + half))
        self._is_untouched = True
        self.moved.emit()

    def pan(self, by: QPoint) -> None:
        """Move what is shown, in pixels of the screen."""
        self._scroll(-by)
        self.moved.emit()

    def sight(self) -> QRectF:
        """The part of the scene that is seen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802
        ink = self.board.scene.ink
        painter.fillRect(rect, ink.page)
        if self.zoom < 0.55:
            return
        painter.setBrushOrigin(0, 0)
        painter.fillRect(rect, _dots(ink.dots.rgb()))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self.zoom * STEP ** (event.angleDelta().y() / 120), event.position().toPoint())
        else:
            turned = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta()
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                turned = QPoint(turned.y() or turned.x(), 0)
            self.pan(turned)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._is_untouched:
            self.show_from_start()
        self.moved.emit()

    def _fit(self, rect: QRectF, largest: float) -> None:
        room = self.viewport().size()
        zoom = min(room.width() / (rect.width() + 2 * PADDING), room.height() / (rect.height() + 2 * PADDING), largest)
        self.set_zoom(zoom)
        self.centerOn(rect.center())
        self.moved.emit()

    def _scroll(self, by: QPoint) -> None:
        self._is_untouched = False
        for bar, amount in ((self.horizontalScrollBar(), by.x()), (self.verticalScrollBar(), by.y())):
            bar.setValue(bar.value() + amount)

    def _follow(self) -> None:
        """The diagram is another: what is gone is no longer marked."""
        known = self.board.diagram
        if self.chosen_edge is not None and self.chosen_edge not in known.pairs:
            self.chosen_edge = None
        if self.current is not None and self.current not in known.box and self.current not in known.frame:
            self.current = self.board.box_of(self.current)
        self._mark()
        self.viewport().update()

    def _follow_choice(self) -> None:
        if self.desk.chosen_by is not self:
            self.chosen_edge = None
            shown = [name for name in map(self.board.box_of, sorted(self.desk.chosen)) if name is not None]
            if shown and self.current not in shown:
                self.current = shown[0]
        self._mark()

    def _mark(self) -> None:
        shown = {self.board.box_of(name) for name in self.desk.chosen}
        if self.current is not None and self.current.startswith("["):
            shown.add(self.current)
        names = {name for name in shown if name is not None}
        self.board.scene.mark(names, self.current if self.hasFocus() else None, self.chosen_edge)

    def _speak(self) -> None:
        """Tell screen readers what the keyboard is at."""
        box = self.board.diagram.box.get(self.current or "")
        text = box.spoken() if box is not None else self.current or ""
        self.setAccessibleDescription(text)
        if text:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
        self.current_changed.emit()


@lru_cache(maxsize=4)
def _dots(colour: int) -> QBrush:
    """A ground of dots, as a picture that is repeated: thousands of single dots would take longer than all boxes."""
    tile = QPixmap(DOTS, DOTS)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.fillRect(0, 0, 1, 1, QColor.fromRgb(colour))
    painter.end()
    return QBrush(tile)
