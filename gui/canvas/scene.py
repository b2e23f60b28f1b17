"""The items of a diagram: made, changed and moved so that they agree with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPixmapCache
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from gui.canvas.box_item import BoxItem
from gui.canvas.diagram import Diagram
from gui.canvas.edge_item import EdgeItem
from gui.canvas.far_item import FarItem
from gui.canvas.frame_item import BandItem, FrameItem, to_qt
from gui.canvas.ink import Ink
from gui.canvas.layout.geometry import Point, Rect, around
from gui.canvas.layout.nested import HEIGHT, WIDTH, Layout, Pair
from gui.canvas.motion import Motion
from gui.canvas.regions import LABEL, Region, frozen_regions
from netspec.look import count

MOST_MOVING = 400
"""Boxes up to which changes are animated."""
CACHE = 128 * 1024
"""KiB for painted boxes: about a thousand in full size."""
AROUND = 600.0
"""Room to scroll around the network."""


class CanvasScene(QGraphicsScene):
    """Shows one diagram: `near` holds an item for each box, line and frame; `far` paints all of them at small zoom.

    is_cached: for the screen, not for pictures, whose boxes must stay drawings.
    """

    def __init__(self, ink: Ink, *, is_cached: bool = False) -> None:
        super().__init__()
        self.ink, self.is_cached = ink, is_cached
        if is_cached:
            QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), CACHE))
        self.diagram, self.layout = Diagram(), Layout()
        self.boxes: dict[str, BoxItem] = {}
        self.edges: dict[Pair, EdgeItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.bands: list[BandItem] = []
        self.near, self.far = Root(), FarItem()
        self.addItem(self.near)
        self.addItem(self.far)
        self.far.setVisible(False)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self._motion = Motion(self, self._put, self._settle)
        self._bounds = QRectF()
        self._regions: list[Region] = []
        self._is_far_stale = True

    def show_diagram(self, diagram: Diagram, layout: Layout, ink: Ink, *, animated: bool = False) -> None:
        """Show this instead; what was there before moves to its new place."""
        self._motion.stop()
        before = self._placed()
        self.diagram, self.layout, self.ink = diagram, layout, ink
        self._make_items()
        self._regions = frozen_regions(diagram, layout)
        self._bounds = to_qt(around([layout.bounds, *(rect for region in self._regions for rect in region.rects)]))
        is_moving = animated and len(diagram.boxes) <= MOST_MOVING and before.boxes != layout.boxes
        if is_moving and self.near.isVisible():
            self._show_bands([])
            self._motion.begin(before, layout)
        else:
            self._settle()

    def finish_motion(self) -> None:
        """Jump to the end of a change that is still moving."""
        self._motion.finish()

    def shift(self, moved: Mapping[str, Point]) -> None:
        """Move boxes, and the ends of their lines, without laying out anew."""
        for name, item in self.boxes.items():
            (dx, dy), rect = moved.get(name, (0.0, 0.0)), self.layout.boxes[name]
            item.setPos(rect.left + dx, rect.top + dy)
        for (giver, reader), points in self.layout.lines.items():
            if giver in moved or reader in moved:
                (ax, ay), (bx, by) = moved.get(giver, (0.0, 0.0)), moved.get(reader, (0.0, 0.0))
                ends = [(points[0][0] + ax, points[0][1] + ay), (points[-1][0] + bx, points[-1][1] + by)]
                self.edges[giver, reader].set_points(ends)

    def set_far(self, is_far: bool) -> None:
        """Whether the zoom is so small that all is painted by one item."""
        if is_far != self.far.isVisible():
            self.near.setVisible(not is_far)
            self.far.setVisible(is_far)
            self._refresh_far()

    def mark(self, chosen: Iterable[str], current: str | None, edge: Pair | None = None) -> None:
        """Show which boxes, frames and line are chosen."""
        chosen = set(chosen)
        for name, item in self.boxes.items():
            item.mark(chosen=name in chosen, current=name == current)
        for name, frame in self.frames.items():
            frame.mark(chosen=name in chosen, hot=frame.is_hot)
        for pair, line in self.edges.items():
            line.mark(chosen=pair == edge, near=bool(chosen.intersection(pair)))
        rects = (self.layout.boxes.get(name) or self.layout.frames.get(name) for name in sorted(chosen))
        self.far.ring([to_qt(rect) for rect in rects if rect is not None])

    def box_at(self, point: QPointF) -> str | None:
        """The box at a place."""
        at = (point.x(), point.y())
        return next((name for name, rect in self.layout.boxes.items() if rect.holds(at)), None)

    def edge_at(self, point: QPointF) -> Pair | None:
        """The line at a place."""
        return next((pair for pair, item in self.edges.items() if item.is_at(point)), None)

    def frame_at(self, point: QPointF, *, title: bool = False) -> str | None:
        """The innermost frame at a place, or whose title is there."""
        at = (point.x(), point.y())
        for frame in reversed(self.diagram.frames):
            rect = self.layout.frames[frame.name]
            if rect.holds(at) and (not title or self.frames[frame.name].title_rect().contains(point)):
                return frame.name
        return None

    def bounds(self) -> QRectF:
        """Around all that is drawn, frozen grounds included."""
        return self._bounds

    def _make_items(self) -> None:
        shown = {item.name for item in self.diagram.boxes}
        for name in self.boxes.keys() - shown:
            self.removeItem(self.boxes.pop(name))
        for box in self.diagram.boxes:
            if box.name not in self.boxes:
                self.boxes[box.name] = BoxItem(box, self.ink, is_cached=self.is_cached)
                self.boxes[box.name].setParentItem(self.near)
            self.boxes[box.name].set_box(box, self.ink)
        self._make_frames()
        self._make_edges()
        self._is_far_stale = True
        self._refresh_far()

    def _refresh_far(self) -> None:
        """The far item is brought up to date when it is seen."""
        if self._is_far_stale and self.far.isVisible():
            self._is_far_stale = False
            self.far.show_all(self.diagram, self.layout, self.ink)

    def _make_frames(self) -> None:
        for name in self.frames.keys() - {frame.name for frame in self.diagram.frames}:
            frame = self.frames.pop(name)
            self.removeItem(frame.title)
            self.removeItem(frame)
        for shown in self.diagram.frames:
            if shown.name not in self.frames:
                item = self.frames[shown.name] = FrameItem(shown, self.ink)
                item.setParentItem(self.near)
                item.title.setParentItem(self.near)
            self.frames[shown.name].set_frame(shown, self.ink, shown.name.count("."))

    def _make_edges(self) -> None:
        pairs = set(self.layout.lines)
        for pair in self.edges.keys() - pairs:
            self.removeItem(self.edges.pop(pair))
        telling = _telling(self.diagram, self.layout)
        for pair in self.layout.lines:
            if pair not in self.edges:
                self.edges[pair] = EdgeItem(*pair, self.ink)
                self.edges[pair].setParentItem(self.near)
            giver = self.diagram.box[pair[0]]
            self.edges[pair].set_text(giver.shape_text, tells=pair in telling, ink=self.ink)

    def _placed(self) -> Layout:
        """Where the items are now, in the middle of a motion, too."""
        boxes = {name: _rect_at(item) for name, item in self.boxes.items()}
        frames = {name: _rect_of(item.rect) for name, item in self.frames.items()}
        return Layout(boxes, frames, {pair: item.points for pair, item in self.edges.items()})

    def _put(self, layout: Layout) -> None:
        """Put the items where a layout says."""
        for name, rect in layout.boxes.items():
            self.boxes[name].setPos(rect.left, rect.top)
        for name, rect in layout.frames.items():
            self.frames[name].set_rect(rect)
        for pair, points in layout.lines.items():
            self.edges[pair].set_points(points)

    def _settle(self) -> None:
        """Put everything to its place."""
        self._put(self.layout)
        self._show_bands(self._regions)
        self.setSceneRect(self._bounds.adjusted(-AROUND, -AROUND, AROUND, AROUND))

    def _show_bands(self, regions: Sequence[Region]) -> None:
        while len(self.bands) > len(regions):
            self.removeItem(self.bands.pop())
        while len(self.bands) < len(regions):
            self.bands.append(BandItem(self.ink))
            self.bands[-1].setParentItem(self.near)
        for band, region in zip(self.bands, regions, strict=True):
            path = QPainterPath()
            for rect in region.rects:
                piece = QPainterPath()
                piece.addRoundedRect(to_qt(rect), 10, 10)
                path = path.united(piece)
            first = region.rects[0]
            text = f"Frozen\n{count(region.params)} parameters" if region.params else "Frozen"
            place = QPointF(first.right - LABEL, first.top)
            band.show_region(path, place, text if region.has_label else "", self.ink)
            band.setZValue(0.1 if region.parent is None else 0.505 + 0.01 * region.parent.count("."))


class Root(QGraphicsItem):
    """Holds the near items, so that all of them are hidden with it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF()

    def paint(self, *_: object) -> None:
        """Nothing."""


def _telling(diagram: Diagram, layout: Layout) -> set[Pair]:
    """The lines at which the shape stands: of each box whose output has another shape than its input.

    Not where lines leave to the sides: there the text would lie on one of them, and the box says the shape anyway.
    """
    found: dict[str, Pair] = {}
    aside = {pair[0] for pair, points in layout.lines.items() if points[0][0] != points[1][0]}
    for giver, reader in diagram.pairs:
        if giver not in found and giver not in aside:
            read = [diagram.box[name].shape for name in diagram.givers(giver)[:1]]
            if diagram.box[giver].shape and diagram.box[giver].shape not in read:
                found[giver] = (giver, reader)
    return set(found.values())


def _rect_at(item: BoxItem) -> Rect:
    x, y = item.pos().toTuple()
    return Rect(x, y, x + WIDTH, y + HEIGHT)


def _rect_of(rect: QRectF) -> Rect:
    return Rect(rect.left(), rect.top(), rect.right(), rect.bottom())

