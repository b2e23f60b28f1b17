"""The table and the line of totals below it, whose columns keep in step."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from gui.analyzer.lines import COLUMNS, NAME, PRETRAINED, TRAINABLE, Line, flat, shown_columns, total
from gui.analyzer.model import LINE, LayerModel, SortedLines
from gui.symbols import draw_error, draw_snowflake, draw_tick
from gui.text.colours import type_colour
from gui.theme import BAR, current_theme

Index = QModelIndex | QPersistentModelIndex
ROW, SYMBOL, GAP = 26, 14, 4


class Cells(QStyledItemDelegate):
    """All rows equally high."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(super().sizeHint(option, index).width() + 2 * GAP, ROW)


class FamilyBar(Cells):
    """Paints the bar of the family at the left of the name."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        line: Line = index.data(LINE)
        if line.is_block:
            return
        colour = type_colour(line.type)
        colour.setAlphaF(0.45 if line.is_frozen else 1.0)
        box = QRectF(option.rect)
        painter.fillRect(QRectF(box.left(), box.top() + 3, BAR, box.height() - 6), colour)


class Snowflake(Cells):
    """Paints the snowflake of frozen layers before the word."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return super().sizeHint(option, index) + QSize(SYMBOL + GAP, 0)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.data() != "frozen":
            super().paint(painter, option, index)
            return
        box = QRectF(option.rect)
        shifted = QStyleOptionViewItem(option)
        shifted.rect = option.rect.adjusted(SYMBOL + GAP, 0, 0, 0)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, option.palette.highlight())
        super().paint(painter, shifted, index)
        place = QRectF(box.left() + 2 * GAP, box.center().y() - SYMBOL / 2, SYMBOL, SYMBOL)
        theme, proof = current_theme(), index.data(LINE).proof
        draw_snowflake(painter, place, QColor(theme.frozen))
        if proof is not None:
            word = option.fontMetrics.horizontalAdvance("frozen")
            tick = place.translated(SYMBOL + word + 4 * GAP, 0)
            (draw_tick if proof else draw_error)(painter, tick, QColor(theme.ok if proof else theme.error))


class LayerTable(QTreeView):
    """The table: sorted by a click on a column's title, back to the network's order by the third."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers, self.shown = LayerModel(self), SortedLines(self)
        self.shown.setSourceModel(self.layers)
        self.setModel(self.shown)
        _dress(self)
        self.setAccessibleName("Layers")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = self.header()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self.shown.sort)
        header.setToolTip("Click to sort")

    def line(self, index: QModelIndex) -> Line:
        """The line of an index of the view."""
        line = index.data(LINE)
        assert isinstance(line, Line)
        return line

    def visible_lines(self) -> list[Line]:
        """Layers in the order shown, those in closed blocks included."""
        found: list[Line] = []

        def walk(parent: QModelIndex) -> None:
            for row in range(self.shown.rowCount(parent)):
                index = self.shown.index(row, 0, parent)
                line = self.line(index)
                if not line.is_block:
                    found.append(line)
                walk(index)

        walk(QModelIndex())
        return found

    def chosen_lines(self) -> list[Line]:
        """Chosen lines in the order shown."""
        rows = self.selectionModel().selectedRows()
        return [self.line(index) for index in sorted(rows, key=lambda index: self.visualRect(index).top())]

    def index_of(self, name: str) -> QModelIndex:
        """Where a layer is shown; invalid when it is not."""
        return self.shown.mapFromSource(self.layers.index_of(name))

    def fit_columns(self) -> None:
        """Columns as wide as their longest texts, the bold ones of sums included; the name takes the rest."""
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        header, metrics = self.header(), QFontMetrics(font)
        has_loads = len(shown_columns(self.layers.lines)) == len(COLUMNS)
        self.setColumnHidden(PRETRAINED, not has_loads)
        lines = [*flat(self.layers.lines), total(self.layers.lines)]
        for place, column in enumerate(COLUMNS[1:], 1):
            longest = max((column.text(line) for line in lines), key=len, default="")
            room = metrics.horizontalAdvance(longest) + (2 * SYMBOL + 2 * GAP if place == TRAINABLE else 0)
            header.resizeSection(place, max(room + 6 * GAP, header.sectionSizeHint(place) + 2 * GAP))


class Totals(QTreeView):
    """One line of sums, in the columns of a table."""

    def __init__(self, table: LayerTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sums = LayerModel(self)
        self.setModel(self.sums)
        _dress(self)
        self.setObjectName("totals")
        self.setAccessibleName("Totals")
        self.setHeaderHidden(True)
        self.setFixedHeight(ROW + 4)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(off)
        self.setVerticalScrollBarPolicy(off)
        self._table = table
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        table.header().sectionResized.connect(lambda column, _, width: self.header().resizeSection(column, width))
        table.horizontalScrollBar().valueChanged.connect(self.horizontalScrollBar().setValue)

    def show_sums(self, line: Line) -> None:
        """Show a line, in the table's columns."""
        self.sums.show_lines([line])
        self.setColumnHidden(PRETRAINED, self._table.isColumnHidden(PRETRAINED))
        for column in range(self.header().count()):
            self.header().resizeSection(column, self._table.header().sectionSize(column))


def _dress(view: QTreeView) -> None:
    view.setItemDelegate(Cells(view))
    view.setItemDelegateForColumn(NAME, FamilyBar(view))
    view.setItemDelegateForColumn(TRAINABLE, Snowflake(view))
    view.setUniformRowHeights(True)
    view.setRootIsDecorated(False)
    view.setAllColumnsShowFocus(True)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    header = view.header()
    header.setStretchLastSection(False)
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(60)


