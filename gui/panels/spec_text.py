"""The text of the spec: an editor for the file, and the files it extends to read."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QLabel, QMenu, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from gui.analyzer.lines import layer_of
from gui.desk import Desk
from gui.panel import Area, Panel
from gui.state import State
from gui.text.definitions import layer_place
from gui.text.editor import SpecEditor
from gui.text.find_bar import FindBar
from gui.text.fixes import Fix, fixes_of
from gui.text.layers_in_text import layers_at, lines_of, scanned
from gui.text.marks import Marks
from gui.text.mirror import Mirror
from netspec.problems import Problem
from netspec.spec.source import FORMATS, Format, Source

READ_ONLY = "{name} is read-only here: {main} extends it. Open it to change it; keys given in {main} take precedence."
NO_COMMENTS = "JSON has no comments"
PAUSE = 120
"""Milliseconds after a move of the cursor until the layer there is chosen."""


class SpecTextPanel(Panel):
    """The document's text. Typing changes the document; the document's changes are shown, the cursor stays."""

    title: ClassVar[str] = "Text"
    area: ClassVar[Area] = "centre"
    order: ClassVar[int] = 30

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.files, self.pages = QTabBar(), QStackedWidget()
        self.editor, self.base = SpecEditor(), SpecEditor()
        self.note = QLabel()
        self.find_bar, self.base_bar = FindBar(self.editor), FindBar(self.base)
        self.base.setReadOnly(True)
        self.base.setAccessibleName("Text of a file that the spec extends, read-only")
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.choose_layer_at_cursor)
        self._lay_out()
        self._connect()
        self.show_text()
        self.show_state()

    @property
    def file(self) -> str:
        """The file in front."""
        return str(self.files.tabData(self.files.currentIndex()) or "")

    def show_text(self) -> None:
        """Show the document's text, as soon as it changes."""
        state = self.desk.document.state
        if state is None:
            self.editor.show_text("", "toml")
            return
        if not self.files.count() or self.files.tabData(0) != state.file:
            self._show_files(state)
        self.editor.show_text(state.text, state.format)

    def show_state(self) -> None:
        """Show problems, frozen layers and the files, once they are known."""
        state = self.desk.document.state
        self.editor.setEnabled(state is not None)
        if state is None:
            self.editor.show_marks(Marks())
            return
        self._show_files(state)
        self._show_file(self.files.currentIndex())
        self.show_marks()

    def show_marks(self) -> None:
        """Squiggles, symbols, and the bar beside the chosen layers."""
        state = self.desk.document.state
        if state is None or not state.is_settled:
            return
        frozen = _frozen_lines(state)
        self.editor.show_marks(Marks.of(state.file, state.problems, frozen, self._chosen_lines(state)))

    def choose_layer_at_cursor(self) -> None:
        """The layer in whose table the cursor is becomes the chosen one."""
        state = self.desk.document.state
        if state is None or not state.is_settled or self.window().focusWidget() is not self.editor:
            return
        found = scanned(self.editor.text(), state.format)
        names = layers_at(found, state.outline, self.editor.position())
        if names:
            self.desk.choose(names, by=self)

    def follow_choice(self) -> None:
        """Others have chosen layers: move the marker, bring the first into view; the focus stays where it is."""
        self.show_marks()
        state = self.desk.document.state
        if self.desk.chosen_by is self or state is None or len(self.desk.chosen) != 1:
            return
        lines = self._chosen_lines(state)
        if lines and not self._is_in_view(lines[0][0]):
            self.editor.centre_line(lines[0][0])

    def go_to_layer(self, name: str) -> None:
        """Put the cursor to the layer's name."""
        state = self.desk.document.state
        if state is None:
            return
        place = layer_place(scanned(self.editor.text(), state.format), name)
        if place is not None:
            self.files.setCurrentIndex(0)
            self.editor.go_to(*place)
            return
        span = state.places.get(name)
        if span is not None and span.line and self._front(span.file):
            self.base.go_to_line(span.line)

    def go_to_problem(self, problem: Problem) -> None:
        """Choose the place of a problem, also in a file that the spec extends."""
        if problem.span is None or not problem.span.line or not self._front(problem.span.file):
            return
        (self.editor if self.files.currentIndex() == 0 else self.base).go_to_problem(problem)
        state = self.desk.document.state
        if not self.isVisible() and state is not None and layer_of(problem, state) is None:
            self.raise_panel()  # no box on the canvas shows it

    def offer_fixes(self) -> None:
        """Make the one quick fix there is at the cursor, or let the user choose."""
        fixes = self.fixes_at_cursor()
        if not fixes:
            self.desk.message("There is no quick fix here")
        elif len(fixes) == 1:
            self.apply(fixes[0])
        else:
            menu = QMenu(self)
            for fix in fixes:
                menu.addAction(fix.label).triggered.connect(lambda _=False, fix=fix: self.apply(fix))
            box = self.editor.cursor_box()
            menu.popup(self.editor.mapToGlobal(QPoint(box.left(), box.bottom())))

    def fixes_at_cursor(self) -> list[Fix]:
        """Quick fixes of the problems at the cursor."""
        state = self.desk.document.state
        problems = self.editor.problems_at(self.editor.textCursor().position()) if state else []
        return [fix for problem in problems for fix in fixes_of(problem, state.file, state.text)] if state else []

    def apply(self, fix: Fix) -> None:
        """Make a quick fix."""
        self.desk.document.edit(fix.label, _fixed, fix)

    def run(self, command: str) -> None:
        """What the editor asks for."""
        stack = self.desk.document.undo_stack
        if command == "undo":
            self._step(stack.undo)
        elif command == "redo":
            self._step(stack.redo)
        elif command == "fix":
            self.offer_fixes()
        elif command == "no comments":
            self.desk.message(NO_COMMENTS)
        else:
            bar = self.find_bar if self.files.currentIndex() == 0 else self.base_bar
            bar.open(command)

    def _step(self, step: object) -> None:
        """Undo or redo, and go to where the text has changed."""
        assert callable(step)
        before = self.editor.text()
        step()
        self.editor.go_to_change(before)

    def _connect(self) -> None:
        document, desk = self.desk.document, self.desk
        document.text_changed.connect(self.show_text)
        document.changed.connect(self.show_state)
        desk.chosen_changed.connect(self.follow_choice)
        desk.layer_wanted.connect(self.go_to_layer)
        desk.problem_wanted.connect(self.go_to_problem)
        desk.theme_changed.connect(self.editor.follow_theme)
        desk.theme_changed.connect(self.base.follow_theme)
        self.editor.edited.connect(lambda: document.set_text("Typing", self.editor.source()))
        self.editor.explored.connect(self._pause.start)
        self.files.currentChanged.connect(self._show_file)
        self.find_bar.replace_wanted.connect(lambda label, text: document.edit(label, _replaced, text))
        for editor in (self.editor, self.base):
            editor.wanted.connect(self.run)

    def _chosen_lines(self, state: State) -> list[tuple[int, int]]:
        if not self.desk.chosen:
            return []
        found = scanned(self.editor.text(), state.format)
        nodes = [state.outline.by_name[name] for name in self.desk.chosen if name in state.outline.by_name]
        lines = {lines_of(found, address) for address in {node.address for node in nodes}}
        return sorted(item for item in lines if item is not None)

    def _is_in_view(self, row: int) -> bool:
        return any(block.blockNumber() == row for block, _ in self.editor.visible_lines())

    def _front(self, file: str) -> bool:
        """Bring a file to the front; False when it is not among them."""
        for index in range(self.files.count()):
            if self.files.tabData(index) == file:
                self.files.setCurrentIndex(index)
                return True
        return False

    def _show_files(self, state: State) -> None:
        """A tab for each file, when the spec extends others."""
        files = [state.file, *(file for file in state.texts if file != state.file)]
        if files == [self.files.tabData(index) for index in range(self.files.count())]:
            return
        front = self.file
        self.files.blockSignals(True)
        while self.files.count():
            self.files.removeTab(0)
        for file in files:
            index = self.files.addTab(Path(file).name)
            self.files.setTabData(index, file)
            self.files.setTabToolTip(index, file)
        self.files.blockSignals(False)
        self.files.setCurrentIndex(files.index(front) if front in files else 0)
        self.files.setVisible(len(files) > 1)

    def _show_file(self, index: int) -> None:
        state = self.desk.document.state
        self.pages.setCurrentIndex(0 if index <= 0 else 1)
        self.note.setVisible(index > 0)
        if state is None or index <= 0:
            return
        name, format = Path(self.file).name, _format(self.file)
        self.note.setText(READ_ONLY.format(name=name, main=state.name))
        self.base.show_text(state.texts.get(self.file, ""), format)
        self.base.show_marks(Marks.of(self.file, state.problems, frozenset(), ()))

    def _lay_out(self) -> None:
        self.files.setObjectName("files")
        self.files.setAccessibleName("Files")
        self.files.setDrawBase(False)
        self.files.setExpanding(False)
        self.files.hide()
        self.note.setObjectName("banner")
        self.note.setWordWrap(True)
        self.note.hide()
        for editor, bar in ((self.editor, self.find_bar), (self.base, self.base_bar)):
            page = QWidget()
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addWidget(editor)
            column.addWidget(bar)
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.files, self.note, self.pages):
            layout.addWidget(widget)
        self.setFocusProxy(self.editor)


def _frozen_lines(state: State) -> frozenset[int]:
    """The lines on which frozen layers are named."""
    rows = state.report.table if state.report is not None and not state.is_stale else ()
    nodes = [state.outline.by_name.get(row.name) for row in rows if row.frozen]
    return frozenset(node.line - 1 for node in nodes if node is not None and node.line)


def _fixed(source: Source, fix: Fix) -> str:
    return fix.applied(source.text)


def _replaced(source: Source, text: str) -> str:
    """The source with what was replaced in the text as it is shown."""
    return Mirror(source.text).type(text)


def _format(file: str) -> Format:
    return FORMATS.get(Path(file).suffix.lower(), "toml")
