"""The page of an open spec: table and text side by side, the problems below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from gui.document import State
from gui.panels.layer_table import LayerTable
from gui.panels.problem_list import ProblemList
from gui.panels.spec_text import SpecText
from netspec.problems import Problem, Span

STALE = "The text has errors. This table shows the last version that could be read."
NO_TABLE = "No table yet: the text has errors, listed below."
PADDING = 12


class Workplace(QWidget):
    """Shows one state of the document."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table, self.text, self.problems = LayerTable(), SpecText(), ProblemList()
        self.banner = _named(QLabel(STALE), "banner")
        self.text_title, self.problems_title = _title(""), _title("")
        self.no_table, self.no_problems = _centred(NO_TABLE), _centred("No problems.")
        self._state: State | None = None
        self._lay_out()
        self.table.layer_chosen.connect(self._go_to_layer)
        self.problems.problem_chosen.connect(self.go_to_problem)

    def show_state(self, state: State) -> None:
        """Show the table, the text and the problems."""
        self._state = state
        rows = state.report.table if state.report else ()
        self.table.layers.show_rows(rows, is_stale=state.is_stale)
        self.banner.setVisible(state.is_stale)
        _choose(self.table, self.no_table, first=bool(rows))
        self._show_text(str(state.path))
        self.problems.listed.show_problems(state.problems)
        self.problems_title.setText(f"Problems ({len(state.problems)})" if state.problems else "Problems")
        _choose(self.problems, self.no_problems, first=bool(state.problems))

    def go_to_problem(self, problem: Problem) -> None:
        """Show the problem's line, also in a file that the spec extends."""
        if problem.span is not None and problem.span.line:
            self._go_to(problem.span)

    def _go_to_layer(self, name: str) -> None:
        span = self._state.places.get(name) if self._state and not self._state.is_stale else None
        if span is not None and span.line:
            self._go_to(span)

    def _go_to(self, span: Span) -> None:
        self._show_text(span.file)
        self.text.go_to(span)

    def _show_text(self, file: str) -> None:
        assert self._state is not None
        self.text.show_file(file, self._state.texts.get(file, ""), self._state.problems)
        self.text_title.setText(file.replace("\\", "/").rsplit("/", 1)[-1])
        self.text_title.setToolTip(file)

    def _lay_out(self) -> None:
        table = _panel(_title("Layers"), self.banner, _stack(self.table, self.no_table))
        above = QSplitter(Qt.Orientation.Horizontal)
        above.addWidget(table)
        above.addWidget(_panel(self.text_title, self.text))
        above.setSizes([640, 560])
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(above)
        whole.addWidget(_panel(self.problems_title, _stack(self.problems, self.no_problems)))
        whole.setSizes([520, 190])
        for splitter in (above, whole):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(PADDING)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        layout.addWidget(whole)


def _panel(*widgets: QWidget) -> QWidget:
    panel = QWidget()
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget)
    layout.setStretch(len(widgets) - 1, 1)
    return panel


def _stack(*widgets: QWidget) -> QWidget:
    """One of several widgets at a time."""
    holder = QWidget()
    layout = QStackedLayout(holder)
    for widget in widgets:
        layout.addWidget(widget)
    return holder


def _choose(one: QWidget, other: QWidget, *, first: bool) -> None:
    holder = one.parentWidget()
    layout = holder.layout() if holder else None
    assert isinstance(layout, QStackedLayout)
    layout.setCurrentWidget(one if first else other)


def _title(text: str) -> QLabel:
    return _named(QLabel(text), "panelTitle")


def _centred(text: str) -> QLabel:
    label = _named(QLabel(text), "placeholder")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


def _named(label: QLabel, name: str) -> QLabel:
    label.setObjectName(name)
    return label
