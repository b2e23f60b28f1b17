"""Find, replace and go to line: a bar below the text."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from gui.text.editor import SpecEditor
from gui.text.units import to_units

MOST = 2000
"""Hits that are marked."""


class FindBar(QWidget):
    """Searches one editor. Replacing is told, not done: `replace_wanted` carries a label and the new text."""

    replace_wanted = Signal(str, str)

    def __init__(self, editor: SpecEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = editor
        self.needle, self.replacement, self.line = _field("Find"), _field("Replace with"), _field("Line")
        self.case, self.pattern = _switch("Aa", "Match case"), _switch(".*", "Regular expression")
        self.found = QLabel()
        self.found.setObjectName("secondary")
        self.found.setMinimumWidth(84)
        self.back, self.on = _button("Previous"), _button("Next")
        self.one, self.all, self.close_button = _button("Replace"), _button("Replace all"), _button("Close")
        self._lay_out()
        self.needle.textChanged.connect(self.search)
        for switch in (self.case, self.pattern):
            switch.toggled.connect(self.search)
        self.needle.returnPressed.connect(self.go_on)
        self.replacement.returnPressed.connect(self.replace_one)
        self.line.returnPressed.connect(self._go_to_line)
        self.on.clicked.connect(self.go_on)
        self.back.clicked.connect(self.go_back)
        self.one.clicked.connect(self.replace_one)
        self.all.clicked.connect(self.replace_all)
        self.close_button.clicked.connect(self.leave)
        self.hide()

    def open(self, mode: str) -> None:
        """Show the bar to "find", to "replace" or to go to a "line"."""
        is_line = mode == "line"
        for widget in (self.needle, self.case, self.pattern, self.found, self.back, self.on):
            widget.setVisible(not is_line)
        for widget in (self.replacement, self.one, self.all):
            widget.setVisible(mode == "replace" and not self.editor.isReadOnly())
        self.line.setVisible(is_line)
        self.show()
        chosen = self.editor.textCursor().selectedText()
        if not is_line and chosen and "\u2029" not in chosen:
            self.needle.setText(chosen)
        field = self.line if is_line else self.needle
        field.setFocus()
        field.selectAll()
        self.search()

    def leave(self) -> None:
        """Hide the bar and go back to the text."""
        self.hide()
        self.editor.show_hits([])
        self.editor.setFocus()

    def hits(self) -> list[tuple[int, int]]:
        """Starts and ends of what is searched for, in characters."""
        pattern = self._expression()
        found = pattern.finditer(self.editor.text()) if pattern and self.needle.text() else ()
        return [match.span() for match in found if match.end() > match.start()]

    def search(self) -> None:
        """Mark all hits, and say how many there are."""
        text, hits = self.editor.text(), self.hits() if self.isVisible() and self.needle.isVisible() else []
        shown = [(to_units(text, start), to_units(text, end) - to_units(text, start)) for start, end in hits[:MOST]]
        self.editor.show_hits(shown)
        if self._expression() is None:
            self.found.setText("no expression")
        else:
            self.found.setText(_counted(hits, self.editor.position()) if self.needle.text() else "")

    def go_on(self) -> None:
        """The next hit, from the top again after the last."""
        hits, place = self.hits(), self.editor.position()
        start = self._chosen_start()
        after = [hit for hit in hits if hit[0] > (start if start is not None else place - 1)]
        self._show(after or hits)

    def go_back(self) -> None:
        """The hit before."""
        hits, place = self.hits(), self.editor.position()
        self._show([hit for hit in hits if hit[1] <= place and hit[0] < place][::-1] or hits[::-1])

    def replace_one(self) -> None:
        """Replace the hit that is chosen, and go to the next."""
        start = self._chosen_start()
        pattern = self._expression()
        hit = next((hit for hit in self.hits() if hit[0] == start), None)
        if hit is None or pattern is None or self.editor.isReadOnly():
            self.go_on()
            return
        text = self.editor.text()
        new = self._new_text(pattern, text[slice(*hit)])
        self.replace_wanted.emit("Replace", text[: hit[0]] + new + text[hit[1] :])
        self.editor.go_to(hit[0] + len(new))
        self.go_on()

    def replace_all(self) -> None:
        """Replace every hit, in one step."""
        pattern, text = self._expression(), self.editor.text()
        hits = self.hits()
        if pattern is None or not hits or self.editor.isReadOnly():
            return
        parts, end = [], 0
        for start, stop in hits:
            parts += [text[end:start], self._new_text(pattern, text[start:stop])]
            end = stop
        self.replace_wanted.emit(f"Replace {len(hits)} times", "".join(parts) + text[end:])
        self.search()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        elif event.key() == Qt.Key.Key_F3:
            (self.go_back if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else self.go_on)()
        else:
            super().keyPressEvent(event)

    def _new_text(self, pattern: re.Pattern[str], old: str) -> str:
        """The replacement; with \\1 for groups where an expression is searched for."""
        if not self.pattern.isChecked():
            return self.replacement.text()
        try:
            return pattern.sub(self.replacement.text(), old, count=1)
        except (re.error, IndexError):
            return self.replacement.text()

    def _expression(self) -> re.Pattern[str] | None:
        """None where the expression cannot be read."""
        text = self.needle.text()
        try:
            return re.compile(text if self.pattern.isChecked() else re.escape(text), 0 if self.case.isChecked() else re.I)
        except re.error:
            return None

    def _chosen_start(self) -> int | None:
        cursor = self.editor.textCursor()
        if not cursor.hasSelection():
            return None
        text = self.editor.text()
        return next((hit[0] for hit in self.hits() if to_units(text, hit[0]) == cursor.selectionStart()), None)

    def _show(self, hits: list[tuple[int, int]]) -> None:
        if hits:
            self.editor.go_to(*hits[0])
        self.search()

    def _go_to_line(self) -> None:
        if self.line.text().strip().isdecimal():
            self.editor.go_to_line(int(self.line.text()))
            self.leave()

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        for widget in (self.needle, self.case, self.pattern, self.found, self.back, self.on,
                       self.replacement, self.one, self.all, self.line):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self.close_button)


def _counted(hits: list[tuple[int, int]], position: int) -> str:
    if not hits:
        return "nothing found"
    here = next((number for number, hit in enumerate(hits, 1) if hit[0] <= position <= hit[1]), None)
    return f"{here} of {len(hits)}" if here else f"{len(hits)} found"


def _field(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(name)
    field.setAccessibleName(name)
    field.setMinimumWidth(120)
    return field


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("small")
    button.setAutoDefault(False)
    return button


def _switch(text: str, what: str) -> QToolButton:
    switch = QToolButton()
    switch.setText(text)
    switch.setCheckable(True)
    switch.setToolTip(what)
    switch.setAccessibleName(what)
    return switch
