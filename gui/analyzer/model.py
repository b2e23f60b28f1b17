"""The lines as a Qt model, sorted and filtered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QFont

from gui.analyzer.lines import COLUMNS, NAME, PROBLEMS, Line
from gui.theme import current_theme

Index = QModelIndex | QPersistentModelIndex
SORT = Qt.ItemDataRole.UserRole
LINE = Qt.ItemDataRole.UserRole + 1


class LayerModel(QAbstractItemModel):
    """A tree of lines; one level when blocks are not grouped."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.is_stale = False
        self._places: dict[str, tuple[int, Line]] = {}

    def show_lines(self, lines: list[Line], *, is_stale: bool = False) -> None:
        """Replace what is shown; stale lines come out in the quiet colour."""
        self.beginResetModel()
        self.lines, self.is_stale = lines, is_stale
        self._places = dict(_places(lines))
        self.endResetModel()

    def index_of(self, name: str) -> QModelIndex:
        """Where a layer or block is; invalid when it is not there."""
        place = self._places.get(name)
        return self.createIndex(place[0], 0, place[1]) if place else QModelIndex()

    def line(self, index: Index) -> Line:
        """The line of an index."""
        line = index.internalPointer()
        assert isinstance(line, Line)
        return line

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        siblings = self.line(parent).children if parent.isValid() else self.lines
        return self.createIndex(row, column, siblings[row]) if 0 <= row < len(siblings) else QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        above = self.line(index).parent if index.isValid() else None
        if above is None:
            return QModelIndex()
        return self.index_of(above.name)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return len(self.line(parent).children if parent.isValid() else self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section].tip or None
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line, column = self.line(index), COLUMNS[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.text(line)
        if role == SORT:
            return column.key(line)
        if role == LINE:
            return line
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(line, index.column())
        if role == Qt.ItemDataRole.FontRole and line.is_block:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return _tip(line, index.column()) if role == Qt.ItemDataRole.ToolTipRole else None

    def _colour(self, line: Line, column: int) -> QColor:
        theme = current_theme()
        if column == PROBLEMS and line.problems:
            is_error = any(problem.severity == "error" for problem in line.problems)
            return QColor(theme.error if is_error else theme.warning)
        quiet = self.is_stale or column != NAME
        return QColor(theme.frozen if line.is_frozen else theme.secondary if quiet else theme.text)


def _places(lines: list[Line]) -> Iterator[tuple[str, tuple[int, Line]]]:
    for row, line in enumerate(lines):
        yield line.name, (row, line)
        yield from _places(line.children)


def _tip(line: Line, column: int) -> str | None:
    if column == PROBLEMS:
        return "\n".join(f"{problem.code} {problem.message}; {problem.hint}" for problem in line.problems) or None
    row = line.rows[-1] if line.rows and not line.is_block else None
    if row is None:
        return line.name or None
    parts = [f"{line.name} reads {', '.join(row.inputs)}", row.note]
    parts.append(f"keeps {row.state} numbers of statistics" if row.state else "")
    return "\n".join(part for part in parts if part)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class SortedLines(QSortFilterProxyModel):
    """Sorted by numbers, not by their digits; filtered by words that name, type, state or problem must hold."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self.setRecursiveFilteringEnabled(True)
        self.setAutoAcceptChildRows(True)

    def keep(self, text: str) -> None:
        """Show only lines that hold all words."""
        self._words = text.lower().split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802
        if not self._words:
            return True
        source = self.sourceModel()
        line = source.data(source.index(row, 0, parent), LINE)
        text = " ".join([line.name, *(column.text(line) for column in COLUMNS[1:])]).lower().replace("\u202f", "")
        return all(word in text or word in text.replace(" × ", "x") for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802
        source = self.sourceModel()
        return bool(source.data(left, SORT) < source.data(right, SORT))
