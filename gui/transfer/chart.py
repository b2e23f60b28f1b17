"""The freeze schedule, drawn: which layers learn in which epochs, and how fast. Edges are dragged by mouse or moved by keys."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.canvas.ink import ink_of
from gui.theme import current_theme
from gui.transfer.edits import StageEdits
from gui.transfer.painting import Mark, Progress, paint_chart, written_rate
from gui.transfer.places import Places
from gui.transfer.schedule import Row, Schedule, unfrozen_from
from netspec.look import plural

GRIP = 6.0
"""Pixels beside an edge in which it can be taken."""


class StageChart(QWidget):
    """`chosen_changed`: another row is chosen; `layer_wanted` carries the layer that was double-clicked."""

    chosen_changed = Signal()
    layer_wanted = Signal(str)

    def __init__(self, edits: StageEdits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edits = edits
        self.schedule: Schedule | None = None
        self.mark, self.progress = Mark(), Progress()
        self._dragged = ""
        self.setAccessibleName("Freeze schedule")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_schedule(self, schedule: Schedule | None) -> None:
        """Show another one; the chosen row stays where it can."""
        self.schedule = schedule
        row = self.mark.row
        count = len(schedule.rows) if schedule is not None else 0
        self.mark = Mark(row=min(row, count - 1) if row is not None and count else 0 if count else None)
        self._dragged = ""
        self.setMinimumHeight(round(self._places().least_height) if schedule is not None else 0)
        self.setAccessibleDescription(spoken(schedule) if schedule is not None else "")
        self.update()
        self.chosen_changed.emit()

    def show_progress(self, progress: Progress) -> None:
        """How far the run is."""
        if progress != self.progress:
            self.progress = progress
            self.update()

    @property
    def row(self) -> Row | None:
        """The chosen row."""
        return self.schedule.rows[self.mark.row] if self.schedule is not None and self.mark.row is not None else None

    def choose(self, row: int) -> None:
        """Choose a row."""
        if row != self.mark.row:
            self.mark = Mark(row=row)
            self.update()
            self.chosen_changed.emit()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(520, 150)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self.schedule is not None:
            with QPainter(self) as painter:
                paint_chart(painter, self._places(), ink_of(current_theme()), self.mark, self.progress)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.schedule is None or event.button() != Qt.MouseButton.LeftButton:
            return
        row, grip = self._row_at(event.position()), self._grip(event.position())
        if grip == "epoch":
            row = self._line_at(event.position().y())
        if row is not None:
            self.choose(row)
            self._dragged = grip
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.schedule is None:
            return
        if self._dragged:
            self._drag(event)
            return
        grip, row = self._grip(event.position()), self._row_at(event.position())
        shapes = {"edge": Qt.CursorShape.SplitHCursor, "epoch": Qt.CursorShape.SplitVCursor}
        self.setCursor(shapes.get(grip, Qt.CursorShape.ArrowCursor))
        hot = row if grip == "edge" else None
        if hot != self.mark.hot:
            self.mark = replace(self.mark, hot=hot)
            self.update()
        self.setToolTip(self._words(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        mark, row, schedule = self.mark, self.row, self.schedule
        self._end()
        if row is None or schedule is None:
            return
        if mark.edge is not None and mark.edge != schedule.boundary(row):
            self.edits.move_edge(schedule, row, mark.edge)
        elif mark.epoch is not None and mark.epoch != row.first - 1:
            self.edits.set_epoch(row, mark.epoch)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        unit = self._places().unit_at(event.position().x()) if self.schedule is not None else None
        if unit is not None and self.schedule is not None:
            self.layer_wanted.emit(self.schedule.units[unit].name)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.mark = replace(self.mark, hot=None)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        schedule, row, at, key = self.schedule, self.row, self.mark.row, event.key()
        if schedule is None or row is None or at is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.choose(min(max(at + (1 if key == Qt.Key.Key_Down else -1), 0), len(schedule.rows) - 1))
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and row.kind != "warmup":
            edge = schedule.boundary(row) + (1 if key == Qt.Key.Key_Right else -1)
            if 0 <= edge <= len(schedule.units):
                self.edits.move_edge(schedule, row, edge)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus) and at > 0:
            self.edits.set_epoch(row, row.first - 1 + (1 if key == Qt.Key.Key_Plus else -1))
        elif key == Qt.Key.Key_Insert:
            self.edits.add(schedule)
        elif key == Qt.Key.Key_Delete:
            self.edits.remove(row)
        elif key == Qt.Key.Key_Escape and self._dragged:
            self._end()
        else:
            super().keyPressEvent(event)

    def _end(self) -> None:
        self._dragged = ""
        self.mark = Mark(row=self.mark.row)
        self.update()

    def _drag(self, event: QMouseEvent) -> None:
        row, schedule, places = self.row, self.schedule, self._places()
        if row is None or schedule is None:
            return
        if self._dragged == "edge":
            self.mark = replace(self.mark, edge=places.nearest_edge(event.position().x()), hot=None)
            text = self._edge_words(schedule, row, self.mark.edge or 0)
        elif self._dragged == "epoch":
            epoch = max(places.epoch_at(event.position().y()), 1 if row.kind == "entry" else 0)
            self.mark = replace(self.mark, epoch=epoch, hot=None)
            text = f"Begin after {plural(epoch, 'epoch')}"
        else:
            return
        QToolTip.showText(event.globalPosition().toPoint(), text, self)
        self.update()

    def _edge_words(self, schedule: Schedule, row: Row, unit: int) -> str:
        if row.place is not None:
            is_last = unit >= len(schedule.units)
            return "Unfreeze nothing" if is_last else f"Unfreeze from {unfrozen_from(schedule, unit, self.edits.inputs())}"
        return f"Freeze up to {schedule.units[unit - 1].name}" if unit else "Freeze nothing at the beginning"

    def _row_at(self, place: QPointF) -> int | None:
        return self._places().row_at(place.y()) if self.schedule is not None else None

    def _line_at(self, y: float) -> int | None:
        """The row whose beginning is at a height."""
        places = self._places()
        rows = range(1, len(places.schedule.rows))
        return next((row for row in rows if abs(places.line(row) - y) <= GRIP - 1), None)

    def _grip(self, place: QPointF) -> str:
        """ "edge", "epoch", or "" where nothing can be dragged."""
        if self.schedule is None:
            return ""
        if self._line_at(place.y()) is not None:
            return "epoch"
        row, places = self._row_at(place), self._places()
        if row is None or self.schedule.rows[row].kind == "warmup":
            return ""
        edge = places.edge(self.schedule.boundary(self.schedule.rows[row]))
        return "edge" if abs(edge - place.x()) <= GRIP else ""

    def _words(self, place: QPointF) -> str:
        places, row = self._places(), self._row_at(place)
        unit = places.unit_at(place.x())
        if self.schedule is None or row is None or unit is None:
            return ""
        found, leaves = self.schedule.rows[row], self.schedule.units[unit].leaves
        left, right = places.columns[unit]
        leaf = leaves[min(int((place.x() - left) / (right - left) * len(leaves)), len(leaves) - 1)]
        rate = found.rates.get(leaf)
        does = "keeps its parameters" if rate is None else f"learns, rate {written_rate(rate)}"
        return f"{leaf}: {does} in {found.epochs}"

    def _places(self) -> Places:
        assert self.schedule is not None
        return Places(self.schedule, self.width(), self.height())


def spoken(schedule: Schedule) -> str:
    """The chart in words, for screen readers."""
    parts = []
    for row in schedule.rows:
        frozen = [unit.name for unit in schedule.units if not any(leaf in row.rates for leaf in unit.leaves)]
        parts.append(f"{row.epochs}: " + (f"{', '.join(frozen)} frozen" if frozen else "everything learns"))
    return "; ".join(parts)
