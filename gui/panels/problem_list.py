"""The list of problems: where, which, what is wrong, what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.panel import Area, Panel
from gui.symbols import draw_error, draw_warning
from gui.theme import current_theme
from netspec.problems import Problem

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("", "place", "code", "problem", "what to do")
SYMBOL, PLACE, CODE, PROBLEM, REMEDY = range(len(COLUMNS))


class ProblemModel(QAbstractTableModel):
    """Problems in the order of the text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.problems: tuple[Problem, ...] = ()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Replace what is shown."""
        self.beginResetModel()
        self.problems = problems
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.problems)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        problem = self.problems[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(problem)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return problem.span.location() if problem.span else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return problem.severity if index.column() == SYMBOL else _cells(problem)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() in (PLACE, CODE):
            return QColor(current_theme().secondary)
        return None


def _cells(problem: Problem) -> tuple[str, str, str, str, str]:
    span = problem.span
    name = Path(span.file).name if span else ""
    place = f"{name}:{span.line}:{span.column}" if span and span.line else name
    return "", place, problem.code, f"{problem.where}: {problem.message}", problem.hint


class SeveritySymbol(QStyledItemDelegate):
    """Paints the symbol of an error or a warning."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        model, theme = index.model(), current_theme()
        assert isinstance(model, ProblemModel)
        side = 14.0
        middle = QRectF(option.rect).center()
        box = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        if model.problems[index.row()].severity == "error":
            draw_error(painter, box, QColor(theme.error))
        else:
            draw_warning(painter, box, QColor(theme.warning))


class ProblemList(QTableView):
    """The list; `problem_chosen` carries the problem that the user goes to."""

    problem_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.listed = ProblemModel(self)
        self.setModel(self.listed)
        self.setItemDelegateForColumn(SYMBOL, SeveritySymbol(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setObjectName("problems")
        self.setAccessibleName("Problems")
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in (PROBLEM, REMEDY):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.activated.connect(self._choose)
        self.clicked.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        self.problem_chosen.emit(self.listed.problems[index.row()])


class ProblemPanel(Panel):
    """The problems of the document."""

    title: ClassVar[str] = "Problems"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 40

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.problems = ProblemList()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.problems)
        self.problems.problem_chosen.connect(desk.go_to_problem)
        desk.document.changed.connect(self.show_state)

    def show_state(self) -> None:
        """List the problems of the document's text."""
        state = self.desk.document.state
        self.problems.listed.show_problems(state.problems if state is not None else ())
