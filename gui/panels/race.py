"""The race: a lane for each optimizer with its progress, its place, and how far it is behind."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.panel import Area, Panel
from gui.runs.race_model import Row, columns, places, rows, same_batch
from gui.runs.session import session_of
from gui.theme import current_theme
from netspec.training.ranking import Place

Index = QModelIndex | QPersistentModelIndex
NUMBER, NAME, LANE, FIRST_CELL = range(4)
NO_RACE = "A race trains several optimizers from the same start. Choose two or more under Training, then press F5."
HEIGHT = 28


class RaceModel(QAbstractTableModel):
    """Lanes in the order in which they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.columns: tuple[str, ...] = columns([], None, {})

    def show_rows(self, found: list[Row], heads: tuple[str, ...]) -> None:
        """Replace what is shown; tells only what has changed."""
        if len(found) != len(self.rows) or len(heads) != len(self.columns):
            self.beginResetModel()
            self.rows, self.columns = found, heads
            self.endResetModel()
            return
        if heads != self.columns:
            self.columns = heads
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
        if found != self.rows:
            self.rows = found
            self.dataChanged.emit(self.index(0, 0), self.index(len(found) - 1, self.columnCount() - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else FIRST_CELL + len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return ("", "optimizer", "lane", *self.columns)[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.rank, row.label, f"{round(100 * row.share)} %", *row.cells)[column]
        return None


class LaneBar(QStyledItemDelegate):
    """The lane's progress in its optimizer's colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        box: QRectF = QRectF(option.rect).adjusted(8, 10, -8, -10)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current_theme().line))
        painter.drawRoundedRect(box, 4, 4)
        painter.setBrush(QColor(row.colour))
        painter.drawRoundedRect(QRectF(box.left(), box.top(), max(box.width() * row.share, 8), box.height()), 4, 4)
        painter.restore()


class LaneName(QStyledItemDelegate):
    """A dot in the lane's colour before its name."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        box: QRectF = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(row.colour))
        painter.drawEllipse(QRectF(box.left() + 8, box.center().y() - 4, 8, 8))
        painter.setPen(QColor(current_theme().text))
        painter.drawText(box.adjusted(24, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, row.label)
        painter.restore()


class RacePanel(Panel):
    """Follows the shown run, and the crosshair of its plots."""

    title: ClassVar[str] = "Race"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 20

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.session = session_of(desk)
        self.lanes = RaceModel()
        self.table, self.note = QTableView(), QLabel(NO_RACE)
        self.step: float | None = None
        self._ranked = -1
        self._places: list[Place] = []
        self._lay_out()
        self.session.watch.changed.connect(self.refresh)
        self.session.pointed.connect(self._point)
        desk.run_changed.connect(self._forget)
        desk.theme_changed.connect(self.table.viewport().update)

    def _lay_out(self) -> None:
        self.note.setObjectName("secondary")
        table = self.table
        table.setModel(self.lanes)
        table.setItemDelegateForColumn(LANE, LaneBar(table))
        table.setItemDelegateForColumn(NAME, LaneName(table))
        table.setAccessibleName("Lanes of the race")
        table.setShowGrid(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(HEIGHT)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(LANE, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.addWidget(self.note)
        column.addWidget(table, 1)

    def _forget(self) -> None:
        self._ranked = -1
        self.refresh()

    def _point(self, step: float | None) -> None:
        self.step = step
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Bring lanes and ranking into line; only while it is seen."""
        if not self.isVisible():
            return
        history = self.session.watch.history
        if len(history.milestones) != self._ranked:
            self._ranked, self._places = len(history.milestones), places(history)
        tests = self.session.watch.tests
        self.lanes.show_rows(rows(history, self._places, self.step, tests), columns(self._places, self.step, tests))
        self.table.setVisible(bool(self.lanes.rows))
        self.note.setText(same_batch(history, self.step) if len(self.lanes.rows) > 1 else NO_RACE)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == NUMBER or column >= FIRST_CELL else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
