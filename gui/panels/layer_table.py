"""The table of layers: name with the colour of its family, type, shape, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.panel import Area, Panel
from gui.symbols import draw_snowflake
from gui.theme import BAR, current_theme, family_colour
from netspec.analysis import Row
from netspec.layers.base import Layer
from netspec.look import count, shape
from netspec.registry import plugins

Index = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 28
SYMBOL, GAP = 14, 4
NONE = "–"
"""Written where a layer has nothing to count."""

COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("layer", lambda row: row.name),
    ("type", lambda row: row.type),
    ("output shape", lambda row: NONE if row.output_shape is None else shape(row.output_shape)),
    ("params", lambda row: count(row.params) if row.params else NONE),
    ("MACs", lambda row: count(row.macs) if row.macs else NONE),
    ("frozen", lambda row: "frozen" if row.frozen else ""),
)
NAMES = tuple(name for name, _ in COLUMNS)
NAME, FROZEN = NAMES.index("layer"), NAMES.index("frozen")
NUMBERS = frozenset({NAMES.index("output shape"), NAMES.index("params"), NAMES.index("MACs")})


class LayerModel(QAbstractTableModel):
    """Rows of the analysis, for display."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()
        self.is_stale = False

    def show_rows(self, rows: tuple[Row, ...], *, is_stale: bool) -> None:
        """Replace what is shown; stale rows come out in the quiet colour."""
        self.beginResetModel()
        self.rows, self.is_stale = rows, is_stale
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return NAMES[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return COLUMNS[index.column()][1](row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            theme = current_theme()
            quiet = self.is_stale or index.column() != NAME
            return QColor(theme.frozen if row.frozen else theme.secondary if quiet else theme.text)
        return f"reads {', '.join(row.inputs)}" if role == Qt.ItemDataRole.ToolTipRole else None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class FamilyBar(QStyledItemDelegate):
    """Paints the bar of the family at the left of the name."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        model = index.model()
        assert isinstance(model, LayerModel)
        row = model.rows[index.row()]
        layer: type[Layer] | None = plugins("netspec.layers").get(row.type)
        colour = family_colour(layer.family if layer else "shape")
        colour.setAlphaF(0.45 if row.frozen or model.is_stale else 1.0)
        box = QRectF(option.rect)
        painter.fillRect(QRectF(box.left(), box.top() + 3, BAR, box.height() - 6), colour)


class Snowflake(QStyledItemDelegate):
    """Paints the snowflake of frozen layers before the word."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return super().sizeHint(option, index) + QSize(SYMBOL + GAP, 0)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if not index.data():
            super().paint(painter, option, index)
            return
        box = QRectF(option.rect)
        shifted = QStyleOptionViewItem(option)
        shifted.rect = option.rect.adjusted(SYMBOL + GAP, 0, 0, 0)
        if self._is_selected(option):
            painter.fillRect(box, option.palette.highlight())
        super().paint(painter, shifted, index)
        place = QRectF(box.left() + 2 * GAP, box.center().y() - SYMBOL / 2, SYMBOL, SYMBOL)
        draw_snowflake(painter, place, QColor(current_theme().frozen))

    @staticmethod
    def _is_selected(option: QStyleOptionViewItem) -> bool:
        return bool(option.state & QStyle.StateFlag.State_Selected)


class LayerTable(QTableView):
    """The table; `layer_chosen` names the layer that the user goes to."""

    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers = LayerModel(self)
        self.setModel(self.layers)
        self.setItemDelegateForColumn(NAME, FamilyBar(self))
        self.setItemDelegateForColumn(FROZEN, Snowflake(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setAccessibleName("Layers")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.layer_chosen.emit(self.layers.rows[index.row()].name)


class LayerTablePanel(Panel):
    """The table of the document's layers."""

    title: ClassVar[str] = "Layers"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 30

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.table = LayerTable()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.table.layer_chosen.connect(desk.go_to_layer)
        desk.document.changed.connect(self.show_state)

    def show_state(self) -> None:
        """Show the rows of the document's report."""
        state = self.desk.document.state
        rows = state.report.table if state is not None and state.report is not None else ()
        self.table.layers.show_rows(rows, is_stale=state is not None and state.is_stale)
