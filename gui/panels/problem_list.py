"""The list of problems: where, which, what is wrong, what to do, and a quick fix where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.analyzer.lines import layer_of
from gui.desk import Desk
from gui.forms.icons import severity_pixmap
from gui.left_headers import LeftHeadersModel
from gui.panel import Area, Panel
from gui.symbols import draw_error, draw_warning
from gui.text.fixes import Fix, fixes_of
from gui.theme import current_theme
from netspec.problems import Problem, Severity, explain, tally
from netspec.spec.source import Source

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("", "place", "code", "problem", "what to do", "")
SYMBOL, PLACE, CODE, PROBLEM, REMEDY, FIX = range(len(COLUMNS))
FIX_IT = "Fix"
NOTHING = "No problems."


class ProblemModel(LeftHeadersModel):
    """Problems in the order of the text."""

    columns = COLUMNS

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.problems: tuple[Problem, ...] = ()
        self.fixable: frozenset[Problem] = frozenset()

    def show_problems(self, problems: tuple[Problem, ...], fixable: frozenset[Problem] = frozenset()) -> None:
        """Replace what is shown."""
        self.beginResetModel()
        self.problems, self.fixable = problems, fixable
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.problems)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        problem = self.problems[index.row()]
        text = (*_cells(problem), FIX_IT if problem in self.fixable else "")[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            place = problem.span.location() if problem.span else ""
            tips = {PLACE: place, CODE: explain(problem.code), SYMBOL: problem.severity, PROBLEM: _in_full(problem)}
            return tips.get(index.column(), text)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return problem.severity if index.column() == SYMBOL else text
        if role == Qt.ItemDataRole.ForegroundRole:
            theme = current_theme()
            return QColor({PLACE: theme.secondary, CODE: theme.secondary, FIX: theme.accent}.get(index.column(), theme.text))
        return None


def _cells(problem: Problem) -> tuple[str, str, str, str, str]:
    span = problem.span
    name = Path(span.file).name if span else ""
    place = f"{name}:{span.line}:{span.column}" if span and span.line else name
    return "", place, problem.code, f"{problem.where}: {problem.message}", problem.hint


def _in_full(problem: Problem) -> str:
    """The message, and below it what stands at other places."""
    others = [f"line {item.span.line}: {item.message}" for item in problem.related]
    return "\n".join([f"{problem.where}: {problem.message}", *others])


class SeveritySymbol(QStyledItemDelegate):
    """Paints the symbol of an error or a warning."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        model = index.model()
        assert isinstance(model, ProblemModel)
        side = 14.0
        middle = QRectF(option.rect).center()
        draw_severity(painter, QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side),
                      model.problems[index.row()].severity)  # fmt: skip


def draw_severity(painter: QPainter, box: QRectF, severity: Severity) -> None:
    """The symbol of an error or of a warning."""
    theme = current_theme()
    if severity == "error":
        draw_error(painter, box, QColor(theme.error))
    else:
        draw_warning(painter, box, QColor(theme.warning))


class ProblemList(QTableView):
    """The list itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.listed = ProblemModel(self)
        self.setModel(self.listed)
        self.setItemDelegateForColumn(SYMBOL, SeveritySymbol(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setObjectName("problems")
        self.setAccessibleName("Problems")
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(34)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in (PROBLEM, REMEDY):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def chosen(self) -> Problem | None:
        """The problem whose row is chosen."""
        row = self.currentIndex().row()
        return self.listed.problems[row] if 0 <= row < len(self.listed.problems) else None


class ProblemPanel(Panel):
    """The problems of the document."""

    title: ClassVar[str] = "Problems"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 40

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.problems, self.tally = ProblemList(), QLabel(NOTHING)
        self.fix_button = QPushButton("Quick fix")
        self._lay_out()
        self.problems.clicked.connect(self._click)
        self.problems.activated.connect(lambda index: self.go_to(self.problems.listed.problems[index.row()]))
        self.problems.customContextMenuRequested.connect(self._offer)
        self.problems.selectionModel().currentRowChanged.connect(self._enable)
        self.fix_button.clicked.connect(lambda: self.fix(self.problems.chosen()))
        self._add_action("problem.next", "Next problem", "F8", lambda: self.step(1))
        self._add_action("problem.previous", "Previous problem", "Shift+F8", lambda: self.step(-1))
        desk.document.changed.connect(self.show_state)
        desk.theme_changed.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """List the problems of the document's text; the one that was chosen stays so, if it is still there."""
        state, before = self.desk.document.state, self.problems.chosen()
        problems = state.problems if state is not None else ()
        fixable = frozenset(item for item in problems if self.fixes(item))
        if (problems, fixable) != (self.problems.listed.problems, self.problems.listed.fixable):
            self.problems.listed.show_problems(problems, fixable)
            if before in problems:
                self.problems.selectRow(problems.index(before))
        self.tally.setText(tally(problems) or NOTHING)
        self._mark_tab(problems)
        self._enable()

    def go_to(self, problem: Problem) -> None:
        """Show the problem's layer and its line."""
        state = self.desk.document.state
        name = layer_of(problem, state) if state is not None else None
        if name is not None:
            self.desk.go_to_layer(name)
        elif problem.path and problem.path[0] != "layers":
            self.desk.choose(())  # then the inspector shows the sections
        self.desk.go_to_problem(problem)

    def step(self, steps: int) -> None:
        """Go to the next problem (or the one before), round and round."""
        problems = self.problems.listed.problems
        if not problems:
            self.desk.message(NOTHING)
            return
        row = self.problems.currentIndex().row()
        row = (row + steps) % len(problems) if row >= 0 else (0 if steps > 0 else len(problems) - 1)
        self.problems.selectRow(row)
        problem = problems[row]
        self.go_to(problem)
        self.desk.message(f"{problem.code} {problem.where}: {problem.message}; {problem.hint}")

    def fixes(self, problem: Problem) -> list[Fix]:
        """What can be done about a problem."""
        state = self.desk.document.state
        return fixes_of(problem, state.file, state.text) if state is not None else []

    def fix(self, problem: Problem | None) -> None:
        """Make the quick fix of a problem."""
        fixes = self.fixes(problem) if problem is not None else []
        if fixes:
            self.desk.document.edit(fixes[0].label, _fixed, fixes[0])

    def _click(self, index: QModelIndex) -> None:
        problem = self.problems.listed.problems[index.row()]
        if index.column() == FIX and problem in self.problems.listed.fixable:
            self.fix(problem)
        else:
            self.go_to(problem)

    def _offer(self, place: QPoint) -> None:
        index = self.problems.indexAt(place)
        if index.isValid():
            self.menu(self.problems.listed.problems[index.row()]).popup(self.problems.viewport().mapToGlobal(place))

    def menu(self, problem: Problem) -> QMenu:
        """What can be done with a problem."""
        menu = QMenu(self)
        menu.addAction("Go to").triggered.connect(lambda _=False: self.go_to(problem))
        for item in problem.related:
            place = replace(problem, span=item.span, related=())
            action = menu.addAction(f"Go to line {item.span.line}: {item.message}")
            action.triggered.connect(lambda _=False, place=place: self.desk.go_to_problem(place))
        for fix in self.fixes(problem):
            menu.addAction(fix.label).triggered.connect(lambda _=False: self.fix(problem))
        menu.addAction("Copy").triggered.connect(lambda _=False: QGuiApplication.clipboard().setText(problem.render()))
        return menu

    def _enable(self) -> None:
        problem = self.problems.chosen()
        self.fix_button.setEnabled(problem is not None and problem in self.problems.listed.fixable)

    def _mark_tab(self, problems: tuple[Problem, ...]) -> None:
        """The symbol of the worst problem on this panel's tab."""
        tabs: QObject | None = self.parent()
        while tabs is not None and not isinstance(tabs, QTabWidget):
            tabs = tabs.parent()
        if isinstance(tabs, QTabWidget):
            tabs.setTabIcon(tabs.indexOf(self), _worst_icon(problems))
            tabs.setTabToolTip(tabs.indexOf(self), tally(problems) or NOTHING)

    def _add_action(self, name: str, text: str, key: str, slot: Callable[[], None]) -> None:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda _=False: slot())
        self.desk.add_action(name, action, "View")

    def _lay_out(self) -> None:
        self.tally.setObjectName("secondary")
        self.fix_button.setObjectName("small")
        self.fix_button.setToolTip("Do what the hint of the chosen problem says (in the text: Ctrl+.)")
        previous, following = QPushButton("Previous"), QPushButton("Next")
        for button, key, steps in ((previous, "Shift+F8", -1), (following, "F8", 1)):
            button.setObjectName("small")
            button.setToolTip(key)
            button.clicked.connect(lambda _=False, steps=steps: self.step(steps))
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.tally, 1)
        for button in (self.fix_button, previous, following):
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(bar)
        layout.addWidget(self.problems)
        self.setFocusProxy(self.problems)


def _fixed(source: Source, fix: Fix) -> str:
    return fix.applied(source.text)


def _worst_icon(problems: tuple[Problem, ...]) -> QIcon:
    if not problems:
        return QIcon()
    is_error = any(problem.severity == "error" for problem in problems)
    return QIcon(severity_pixmap("error" if is_error else "warning"))
