"""One plot of curves over steps: thinned out to the pixels that there are, zoomed and moved with the mouse."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsView, QWidget

from gui.runs.axes import Axis, say_step, say_value
from gui.runs.decimate import decimate
from gui.runs.points import Floats, Points
from gui.theme import current_theme

ROOM = 0.06
"""Share of the height that stays free above and below the curves."""


ZOOM = 0.7
"""What is left of the steps after one press of +."""
_KEYS = Qt.Key
OWN_KEYS = (
    _KEYS.Key_Left, _KEYS.Key_Right, _KEYS.Key_Plus, _KEYS.Key_Equal, _KEYS.Key_Minus, _KEYS.Key_Home, _KEYS.Key_Escape
)  # fmt: skip
FAINT = 0.3
"""Curves fainter than this are drawn without antialiasing, in half the time; nobody sees it."""
WIDE = 2.0
"""Pens so wide cover two pixel columns, and take long to draw."""


@dataclass(frozen=True)
class Look:
    """How a curve is drawn. alpha: from 0 to 1; is_fitted: whether the height is chosen so that all of it shows."""

    colour: str
    alpha: float = 1.0
    width: float = 1.0
    is_dashed: bool = False
    has_marks: bool = False
    style: Qt.PenStyle = Qt.PenStyle.SolidLine


class Curve:
    """Points on the screen."""

    def __init__(self, points: Points, look: Look) -> None:
        self.points, self.look = points, look
        self.item = pg.PlotCurveItem(connect="finite", antialias=True)
        self._drawn: object = None
        self._span: tuple[float, float] | None = None
        self.marks: pg.ScatterPlotItem | None = None
        self.above_zero: tuple[float, float] | None = None
        """The lowest and highest value above 0 that is drawn."""
        self.restyle()

    def restyle(self) -> None:
        """Take over the look."""
        colour = QColor(self.look.colour)
        colour.setAlphaF(self.look.alpha)
        pen = QPen(colour, self.look.width)
        pen.setCosmetic(True)
        if self.look.is_dashed:
            pen.setDashPattern([5, 3])
        elif self.look.style != Qt.PenStyle.SolidLine:
            pen.setStyle(self.look.style)
        self.item.setPen(pen)
        self.item.opts["antialias"] = self.look.alpha > FAINT
        if self.look.has_marks and self.marks is None:
            self.marks = pg.ScatterPlotItem(size=4, pen=None, pxMode=True)
        if self.marks is not None:
            self.marks.setBrush(colour)

    def show(
        self, low: float, high: float, columns: int, *, is_log: bool, fit_from: float
    ) -> tuple[float, float] | None:  # fmt: skip
        """Draw what lies between low and high; the lowest and highest finite value from `fit_from` on, None without any."""
        state = len(self.points), low, high, columns, is_log, fit_from
        if state == self._drawn:
            return self._span
        self._drawn = state
        if self.look.width >= WIDE:
            columns //= 2
        x, y = decimate(self.points.x, self.points.y, low, high, columns)
        above = y[np.isfinite(y) & (y > 0)]
        self.above_zero = (float(above.min()), float(above.max())) if len(above) else None
        y = scaled(y, is_log=is_log)
        self.item.setData(x, y)
        if self.marks is not None:
            few = np.isfinite(y)
            self.marks.setData(x[few], y[few]) if few.sum() <= columns / 4 else self.marks.clear()
        is_inside = (x >= low) & (x <= high) & np.isfinite(y)
        inside = y[is_inside & (x >= fit_from)]
        inside = inside if len(inside) else y[is_inside]
        self._span = (float(inside.min()), float(inside.max())) if len(inside) else None
        return self._span


def scaled(y: Floats, *, is_log: bool) -> Floats:
    """What is drawn: on a logarithmic axis log₁₀ y, where it has one; gaps elsewhere, and for infinities."""
    y = np.where(np.isfinite(y), y, np.nan)
    if not is_log:
        return y
    return np.log10(np.where(y > 0, y, np.nan))


class CurvePlot(pg.PlotWidget):  # type: ignore[misc]
    """Wheel: zoom over steps; drag: move; wheel on the numbers at the left: zoom over values; double click: all."""

    pointed = Signal(object)
    """The step under the mouse, or None."""
    clicked = Signal(object)
    """The key of the curve that was clicked."""
    view_changed = Signal()

    def __init__(self, title: str, say: Callable[[float], str] = say_value, parent: QWidget | None = None) -> None:
        self.left, self.bottom = Axis("left", say), Axis("bottom", say_step)
        super().__init__(parent, axisItems={"left": self.left, "bottom": self.bottom})
        self.title = title
        self.curves: dict[object, Curve] = {}
        self.painted_over: list[Callable[[QPainter], None]] = []
        """Called after the curves have been painted, in pixels of the plot."""
        self.last_step = 1.0
        self.is_log = False
        self.is_whole = True
        """Whether all steps are shown, as long as nobody zooms or moves."""
        self.fits_height = True
        self.paint_seconds = 0.0
        """What the last painting took."""
        self.pointed_step: float | None = None
        """Where the crosshair is."""
        self.skipped = 0.0
        """Share of the steps, at the beginning, that need not fit into the height: where curves rise steeply."""
        self.lowest: float | None = None
        """Where the axis begins, if the data do not say otherwise."""
        self._is_placing = False
        self._set_up()

    def _set_up(self) -> None:
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setBackground(theme_colour("window"))
        self.setAccessibleName(f"Plot of {self.title}")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        self.view = item.getViewBox()
        self.view.setMouseEnabled(x=True, y=False)
        self.view.disableAutoRange()
        self.view.setDefaultPadding(0.0)
        self.view.sigXRangeChanged.connect(self._note_zoom)
        self.view.sigYRangeChanged.connect(self._note_height)

    def set_margins(self, top: int, right: int) -> None:
        """Room for the title above and the labels beside the curves."""
        layout = self.getPlotItem().layout
        layout.setContentsMargins(0, top, right, 0)
        layout.activate()

    def set_curve(self, key: object, points: Points, look: Look) -> None:
        """Show these points from the next `draw` on."""
        curve = self.curves.get(key)
        if curve is None or curve.points is not points:
            self.remove_curve(key)
            curve = self.curves[key] = Curve(points, look)
            self.addItem(curve.item, ignoreBounds=True)
            if curve.marks is not None:
                self.addItem(curve.marks, ignoreBounds=True)
        elif curve.look != look:
            curve.look = look
            curve.restyle()

    def remove_curve(self, key: object) -> None:
        """Show it no longer."""
        curve = self.curves.pop(key, None)
        if curve is not None:
            for item in (curve.item, curve.marks):
                if item is not None:
                    self.removeItem(item)

    def keep_curves(self, keys: set[object]) -> None:
        """Remove all others."""
        for key in set(self.curves) - keys:
            self.remove_curve(key)

    def draw(self) -> None:
        """Bring all curves into line with their points."""
        if self.is_whole:
            self._place(lambda: self.view.setXRange(0, max(self.last_step, 1.0), padding=0))
        (low, high), _ = self.view.viewRange()
        columns = max(int(self.view.width()), 50)
        fit_from = low + self.skipped * (high - low) if self.is_whole else low
        spans = [
            curve.show(low, high, columns, is_log=self.is_log, fit_from=fit_from) for curve in self.curves.values()
        ]  # fmt: skip
        found = [span for span in spans if span is not None]
        if self.fits_height:
            self._fit(found)
        self.view.updateMatrix()  # now, and not while painting, which would ask for another painting
        self.viewport().update()

    def _fit(self, spans: Sequence[tuple[float, float]]) -> None:
        low, high = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else (0.0, 1.0)
        if self.lowest is not None and not self.is_log:
            low = min(low, self.lowest)
        room = ROOM * (high - low) or ROOM * abs(high) or 1.0
        bottom = low if low == self.lowest and not self.is_log else low - room
        self._place(lambda: self.view.setYRange(bottom, high + room, padding=0))

    def _place(self, move: Callable[[], None]) -> None:
        self._is_placing = True
        move()
        self._is_placing = False

    def spread(self) -> float:
        """Ratio of the largest to the smallest value above 0 that is drawn; 1 without any."""
        spans = [curve.above_zero for curve in self.curves.values() if curve.above_zero is not None]
        return max(high for _, high in spans) / min(low for low, _ in spans) if spans else 1.0

    def set_log(self, is_log: bool) -> None:
        """A logarithmic axis of values, or a linear one."""
        if is_log != self.is_log:
            self.is_log = self.left.is_log = is_log
            self.left.picture = None
            self.fits_height = True
            self.draw()

    def show_all(self) -> None:
        """All steps, all values."""
        self.is_whole = self.fits_height = True
        self.view.setMouseEnabled(x=True, y=False)
        self.draw()
        self.view_changed.emit()

    def show_steps(self, low: float, high: float) -> None:
        """Only these."""
        self._place(lambda: self.view.setXRange(low, high, padding=0))

    def _note_zoom(self) -> None:
        if not self._is_placing:
            self.is_whole = False
            self.view_changed.emit()

    def _note_height(self) -> None:
        if not self._is_placing:
            self.fits_height = False

    def field(self) -> QRectF:
        """Where the curves are, in pixels of the plot."""
        box: QRectF = self.view.sceneBoundingRect()
        return box

    def at(self, x: float, y: float) -> QPointF:
        """Where a value is, in pixels of the plot; y as it was measured."""
        if self.is_log:
            y = math.log10(y) if y > 0 else -math.inf
        point: QPointF = self.view.mapViewToScene(QPointF(x, min(max(y, -1e300), 1e300)))
        return point

    def step_at(self, position: QPointF) -> float:
        """The step at a place on the plot."""
        return float(self.view.mapSceneToView(position).x())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        started = time.perf_counter()
        super().paintEvent(event)
        with QPainter(self.viewport()) as painter:
            self.paint_over(painter)
        self.paint_seconds = time.perf_counter() - started

    def paint_over(self, painter: QPainter) -> None:
        """Title, labels, crosshair: everything that is not in the scene."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for paint in self.painted_over:
            painter.save()
            paint(painter)
            painter.restore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        inside = self.field().contains(event.position())
        self.pointed.emit(self.step_at(event.position()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.pointed.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.show_all()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        key = self.curve_near(event.position())
        if key is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(key)

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are not the window's while the plot has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """←, →: the crosshair (⇧: ten steps); +, −: zoom around it; Home: all steps; Esc: no crosshair."""
        key, keys = event.key(), _KEYS
        (low, high), _ = self.view.viewRange()
        if key in (keys.Key_Left, keys.Key_Right):
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            here = self.pointed_step if self.pointed_step is not None else (low + high) / 2
            self.pointed.emit(here + far * (1 if key == keys.Key_Right else -1))
        elif key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            centre = self.pointed_step if self.pointed_step is not None else (low + high) / 2
            factor = ZOOM if key != keys.Key_Minus else 1 / ZOOM
            self.view.setXRange(centre - (centre - low) * factor, centre + (high - centre) * factor, padding=0)
        elif key == keys.Key_Home:
            self.show_all()
        elif key == keys.Key_Escape:
            self.pointed.emit(None)
        else:
            event.ignore()

    def curve_near(self, position: QPointF, reach: float = 6.0) -> object | None:
        """Key of the curve that passes within `reach` pixels of a place; the nearest one."""
        best: tuple[float, object] | None = None
        for key, curve in self.curves.items():
            point = curve.points.at(self.step_at(position))
            if point is not None and math.isfinite(point[1]):
                distance = abs(self.at(*point).y() - position.y())
                if distance <= reach and (best is None or distance < best[0]):
                    best = (distance, key)
        return best[1] if best else None

    def retheme(self) -> None:
        """Colours are others."""
        self.left.picture = self.bottom.picture = None
        self.left.update()
        self.bottom.update()
        self.setBackground(theme_colour("window"))
        self.viewport().update()


def theme_colour(name: str) -> QColor:
    """A colour of the theme that is shown."""
    return QColor(getattr(current_theme(), name))
