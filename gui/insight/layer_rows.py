"""A row for each parameter and activation: its newest histogram in small, and the number that matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.insight.alarms import Alarm
from gui.symbols import draw_error, draw_warning
from gui.theme import current_theme

Index = QModelIndex | QPersistentModelIndex
ROW = int(Qt.ItemDataRole.UserRole) + 1
HEIGHT, CURVE, SYMBOL = 26, 84, 14


@dataclass(frozen=True, eq=False)
class Row:
    """name: of the tensor or, with is_units, of the layer whose outputs these are; said: at the right."""

    name: str
    layer: str
    is_units: bool
    histogram: Mapping[str, Any]
    said: str
    alarm: Alarm | None


class RowModel(QAbstractListModel):
    """The rows, for display."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace all; the choice stays when the names are the same."""
        if [row.name for row in rows] == [row.name for row in self.rows]:
            self.rows = list(rows)
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.name}, {row.said}"
        if role == ROW:
            return row
        return row.alarm.text if role == Qt.ItemDataRole.ToolTipRole and row.alarm is not None else None


class RowDelegate(QStyledItemDelegate):
    """Paints a row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, row = current_theme(), index.data(ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(theme.selection))
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        if row.alarm is not None:
            place = QRectF(box.left() + 4, box.center().y() - SYMBOL / 2, SYMBOL, SYMBOL)
            draw = draw_error if row.alarm.is_error else draw_warning
            draw(painter, place, QColor(theme.error if row.alarm.is_error else theme.warning))
        numbers = painter.fontMetrics().horizontalAdvance("000 of 000 dead")
        names = box.adjusted(SYMBOL + 10, 0, -numbers - CURVE - 24, 0)
        painter.setPen(QColor(theme.text))
        name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideMiddle, int(names.width()))
        painter.drawText(names, middle, name)
        _paint_curve(painter, QRectF(names.right() + 8, box.top() + 3, CURVE, HEIGHT - 6), row.histogram)
        painter.setPen(QColor(theme.secondary))
        said = QRectF(box.right() - numbers - 8, box.top(), numbers, box.height())
        fitting = painter.fontMetrics().elidedText(row.said, Qt.TextElideMode.ElideRight, numbers)
        painter.drawText(said, right | middle, fitting)
        painter.restore()


def _paint_curve(painter: QPainter, box: QRectF, histogram: Mapping[str, Any]) -> None:
    counts = histogram["counts"]
    most = max(counts) or 1
    width = box.width() / len(counts)
    points = [box.bottomLeft()]
    for place, found in enumerate(counts):
        y = box.bottom() - box.height() * found / most
        points += [QPointF(box.left() + place * width, y), QPointF(box.left() + (place + 1) * width, y)]
    colour = QColor(current_theme().accent)
    painter.setPen(QPen(colour, 1))
    colour.setAlphaF(0.25)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([*points, box.bottomRight()]))


class LayerRows(QListView):
    """The list; `row_chosen` tells the row."""

    row_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = RowModel(self)
        self.setModel(self.model_)
        self.setItemDelegate(RowDelegate(self))
        self.setAccessibleName("Parameters and activations")
        self.setUniformItemSizes(True)
        self.setMinimumWidth(240)
        self.selectionModel().currentChanged.connect(self._tell)

    @property
    def chosen(self) -> Row | None:
        """The chosen row."""
        place = self.currentIndex().row()
        return self.model_.rows[place] if 0 <= place < len(self.model_.rows) else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace what is shown; the first row is chosen when none is."""
        before = self.chosen
        self.model_.show_rows(rows)
        if self.chosen is None and rows:
            names = [row.name for row in rows]
            place = names.index(before.name) if before is not None and before.name in names else 0
            self.blockSignals(True)
            self.setCurrentIndex(self.model_.index(place))
            self.blockSignals(False)

    def choose_layer(self, layer: str) -> None:
        """Choose the first row of a layer, if it has one and is not chosen."""
        if self.chosen is not None and self.chosen.layer == layer:
            return
        place = next((i for i, row in enumerate(self.model_.rows) if row.layer == layer), None)
        if place is not None:
            self.setCurrentIndex(self.model_.index(place))

    def _tell(self, current: QModelIndex) -> None:
        if current.isValid():
            self.row_chosen.emit(self.model_.rows[current.row()])
