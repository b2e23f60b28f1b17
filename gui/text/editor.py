"""The editor of a spec's text. It holds no truth: what is typed is told, and what others change is shown."""

from __future__ import annotations

import html
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QToolTip, QWidget

from gui.history import difference
from gui.text.commands import begin_line, indent, outdent, toggle_comment
from gui.text.completion import Completion, Item, complete
from gui.text.definitions import definition_of
from gui.text.gutter import Gutter
from gui.text.help import help_at
from gui.text.highlight import Highlighter
from gui.text.keys import command_of
from gui.text.marks import Marks, current_line, hit, problem_cursor, problem_html, second_place, span_cursor, squiggle
from gui.text.mirror import Mirror
from gui.text.popup import ROWS, CompletionPopup
from gui.text.units import to_index, to_units
from gui.theme import code_font, current_theme
from netspec.problems import Problem, Severity
from netspec.spec.source import Format

PATIENCE = 60
"""Milliseconds without a key before proposals come by themselves."""


class SpecEditor(QPlainTextEdit):
    """Shows one text."""

    edited = Signal()
    """The user has changed the text."""
    wanted = Signal(str)
    """A command that others carry out: "undo", "redo", "find", "replace", "line", "fix"."""
    name_wanted = Signal(str)
    """Show the layer of this name; it is not defined in this text."""
    explored = Signal()
    """The user has moved the cursor."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.format: Format = "toml"
        self.marks = Marks()
        self._squiggles: list[tuple[Problem, QTextCursor]] = []  # the cursors move with the text
        self._second_places: list[QTextCursor] = []
        self.hits: list[tuple[int, int]] = []
        self._is_showing = False
        self._mirror = Mirror()
        self._text = ""
        self.setUndoRedoEnabled(False)  # the document's undo is the only one
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(code_font())
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self.setAccessibleName("Text of the spec")
        self.gutter, self.popup = Gutter(self), CompletionPopup(self)
        self.highlighter = Highlighter(self.document())
        self._proposing = QTimer(self, singleShot=True, interval=PATIENCE)
        self._proposing.timeout.connect(self.propose_while_typing)
        self.popup.taken.connect(self.take)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._move_gutter)
        self.cursorPositionChanged.connect(self._on_cursor)
        self.textChanged.connect(self._on_text)
        self._make_room()

    def text(self) -> str:
        """What is shown."""
        return self._text

    def source(self) -> str:
        """The text as its file has it."""
        return self._mirror.source

    def show_text(self, text: str, format: Format) -> None:
        """Show a text; what stays the same stays where it is, and so does the cursor."""
        if format != self.format:
            self.format = format
            self.highlighter.set_format(format)
        if text == self._mirror.source:
            return
        self._mirror.take(text)
        text = self._mirror.shown
        change = difference(self._text, text)
        start = to_units(self._text, change.start)
        end = to_units(self._text, change.start + len(change.old))
        self._is_showing = True
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(change.new)
        self._text = text
        self._is_showing = False
        self.popup.hide()

    def show_marks(self, marks: Marks) -> None:
        """Show problems, frozen and chosen layers."""
        self.marks = marks
        self._squiggles = [(problem, problem_cursor(self.document(), problem)) for problem in marks.problems]
        self._second_places = [
            span_cursor(self.document(), item.span)
            for problem in marks.problems
            for item in problem.related
            if problem.span is not None and item.span.file == problem.span.file
        ]
        self.gutter.update()
        self.mark()

    def show_hits(self, hits: list[tuple[int, int]]) -> None:
        """Show what a search has found: starts and lengths."""
        self.hits = hits
        self.mark()

    def position(self) -> int:
        """Index of the character at the cursor."""
        return to_index(self._text, self.textCursor().position())

    def go_to(self, start: int, end: int | None = None) -> None:
        """Put the cursor to a character (or choose a stretch), in view."""
        cursor = self.textCursor()
        cursor.setPosition(to_units(self._text, start if end is None else end))
        if end is not None:  # from the end to the start: lines are read from their start
            cursor.setPosition(to_units(self._text, start), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.centerCursor()

    def centre_line(self, row: int) -> None:
        """Scroll a line (from 0) into the middle; the cursor stays."""
        above = (self.viewport().height() // max(self.fontMetrics().lineSpacing(), 1)) // 3
        self.verticalScrollBar().setValue(max(row - above, 0))

    def go_to_change(self, before: str) -> None:
        """Put the cursor behind what has changed since a text was shown."""
        if before != self._text:
            change = difference(before, self._text)
            cursor = self.textCursor()
            cursor.setPosition(to_units(self._text, change.start + len(change.new)))
            self.setTextCursor(cursor)
            self.ensureCursorVisible()

    def go_to_line(self, line: int) -> None:
        """Put the cursor to the start of a line, counted from 1."""
        block = self.document().findBlockByNumber(min(max(line, 1), self.blockCount()) - 1)
        self.setTextCursor(QTextCursor(block))
        self.centerCursor()

    def go_to_problem(self, problem: Problem) -> None:
        """Choose the place of a problem."""
        found = problem_cursor(self.document(), problem)
        cursor = self.textCursor()
        cursor.setPosition(found.selectionEnd())
        cursor.setPosition(found.selectionStart(), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.centerCursor()

    def problems_at(self, position: int) -> list[Problem]:
        """Problems whose squiggle covers a position; else those of its line."""
        covering = [item for item, cursor in self._squiggles if _covers(cursor, position)]
        return covering or self.problems_on(self.document().findBlock(position).blockNumber())

    def problems_on(self, row: int) -> list[Problem]:
        """Problems of a line, counted from 0."""
        return [item for item, cursor in self._squiggles if _row(cursor) == row]

    def severities(self) -> dict[int, Severity]:
        """Line → the worst of its problems."""
        found: dict[int, Severity] = {}
        for item, cursor in self._squiggles:
            if found.get(_row(cursor)) != "error":
                found[_row(cursor)] = item.severity
        return found

    def visible_lines(self) -> Iterator[tuple[QTextBlock, QRectF]]:
        """The lines in view, with their boxes."""
        block = self.firstVisibleBlock()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if box.top() > self.viewport().height():
                return
            if block.isVisible():
                yield block, box
            block = block.next()

    def mark(self) -> None:
        """Paint all marks again."""
        problems = [squiggle(cursor, problem) for problem, cursor in self._squiggles]
        second = [second_place(cursor) for cursor in self._second_places]
        hits = [hit(self.document(), start, length) for start, length in self.hits]
        self.setExtraSelections([current_line(self.textCursor()), *hits, *second, *problems])

    def follow_theme(self) -> None:
        """Paint with the colours of the theme that is now on."""
        self.highlighter.repaint_all()
        self.mark()
        self.gutter.update()

    def propose(self) -> None:
        """Show what may be typed here."""
        self._show_proposals(complete(self._text, self.format, self.position()))

    def propose_while_typing(self) -> None:
        """The same, but keep quiet where nothing is begun or all is typed."""
        found = complete(self._text, self.format, self.position())
        is_begun = bool(found.typed) or self._text[: self.position()].rstrip(" ")[-1:] in ('"', "[", "{", "=", ":")
        is_whole = any(item.label.strip("[]") == found.typed for item in found.items)
        if is_begun and not is_whole:
            self._show_proposals(found)
        else:
            self.popup.hide()

    def take(self, item: Item) -> None:
        """Type a proposal."""
        found = self.popup.completion
        self.popup.hide()
        cursor = self.textCursor()
        cursor.setPosition(to_units(self._text, found.start))
        cursor.setPosition(to_units(self._text, found.end), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(item.text)
        self.setTextCursor(cursor)
        if item.text.endswith(("= ", ": ")):
            self._proposing.start()

    def go_to_definition(self, position: int | None = None) -> bool:
        """Go to where the name at the cursor is defined; False when it is no name."""
        index = self.position() if position is None else position
        place = definition_of(self._text, self.format, index)
        if place is None:
            return False
        self.go_to(*place)
        return True

    def show_docs(self) -> None:
        """Show what the word at the cursor means, and what is wrong with it."""
        words = self.words_at(self.textCursor().position())
        if words:
            QToolTip.showText(self.mapToGlobal(self.cursor_box().bottomLeft()), words, self)

    def words_at(self, position: int) -> str:
        """Problems and docs at a position, for a tooltip; "" where there is nothing to say."""
        covering = [item for item, cursor in self._squiggles if _covers(cursor, position)]
        parts = [problem_html(item) for item in covering]
        found = help_at(self._text, self.format, to_index(self._text, position))
        if found is not None:
            quiet = current_theme().secondary
            held = f' <span style="color:{quiet}">{html.escape(found.holds)}</span>' if found.holds else ""
            doc = html.escape(found.doc).replace("\n", "<br>")
            parts.append(f"<b>{html.escape(found.title)}</b>{held}<br>{doc}")
        return "<hr>".join(parts)

    def cursor_box(self) -> QRect:
        """Where the cursor is, in coordinates of the editor."""
        box = self.cursorRect()
        return QRect(self.viewport().mapTo(self, box.topLeft()), box.size())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and command_of(event):
            event.accept()  # the keys of the editor are not the window's while it has the focus
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.popup.isVisible() and self._steer_popup(event):
            return
        command = command_of(event)
        if command:
            self.run(command)
            return
        super().keyPressEvent(event)
        self._propose_after(event)

    def run(self, command: str) -> None:
        """Do what a key stands for."""
        cursor = self.textCursor()
        changes = {"begin line": begin_line, "indent": indent, "outdent": outdent}
        if command == "comment" and self.format == "json":
            self.wanted.emit("no comments")
        elif command in changes or command == "comment":
            if not self.isReadOnly():
                changes.get(command, toggle_comment)(cursor)
                self.setTextCursor(cursor)
        elif command == "propose":
            self.propose()
        elif command == "definition":
            self.go_to_definition()
        elif command == "docs":
            self.show_docs()
        else:
            self.wanted.emit(command)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.popup.hide()
        is_jump = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if is_jump and event.button() == Qt.MouseButton.LeftButton:
            position = self.cursorForPosition(event.position().toPoint()).position()
            if self.go_to_definition(to_index(self._text, position)):
                return
        super().mousePressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.popup.hide()
        super().focusOutEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        from gui.text.menu import editor_menu

        editor_menu(self).exec(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_words(event.pos(), event.globalPos())
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        box = self.contentsRect()
        self.gutter.setGeometry(QRect(box.left(), box.top(), self.gutter.room(), box.height()))

    def _show_words(self, place: QPoint, on_screen: QPoint) -> None:
        cursor = self.cursorForPosition(place)
        is_on_text = self.cursorRect(cursor).adjusted(-12, 0, 12, 0).contains(place)
        QToolTip.showText(on_screen, self.words_at(cursor.position()) if is_on_text else "", self)

    def _steer_popup(self, event: QKeyEvent) -> bool:
        key, steps = event.key(), {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
        if key in steps:
            self.popup.go(steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab) and self.popup.chosen is not None:
            self.take(self.popup.chosen)
        elif key == Qt.Key.Key_Escape:
            self.popup.hide()
        else:
            return False
        return True

    def _propose_after(self, event: QKeyEvent) -> None:
        """Typing opens the proposals, other keys close them."""
        text = event.text()
        is_typing = bool(text) and (text.isalnum() or text in '_"[.${') and not self.isReadOnly()
        if is_typing or (self.popup.isVisible() and event.key() == Qt.Key.Key_Backspace):
            self._proposing.start()
        elif event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt):
            self._proposing.stop()
            self.popup.hide()

    def _show_proposals(self, found: Completion) -> None:
        if not found.items or self.isReadOnly():
            self.popup.hide()
            return
        box = self.cursor_box()
        self.popup.show_completion(found, QRect(self.mapToGlobal(box.topLeft()), box.size()))

    def _on_text(self) -> None:
        if self._is_showing:
            return
        text = self.toPlainText()
        if text != self._text:
            self._mirror.type(text)
            self._text = text
            self.edited.emit()

    def _on_cursor(self) -> None:
        self.mark()
        self.gutter.update()
        if not self._is_showing:
            self.explored.emit()

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter.room(), 0, 0, 0)
        box = self.contentsRect()
        self.gutter.setGeometry(QRect(box.left(), box.top(), self.gutter.room(), box.height()))

    def _move_gutter(self, rect: QRect, dy: int) -> None:
        if dy:
            self.gutter.scroll(0, dy)
        else:
            self.gutter.update(0, rect.y(), self.gutter.width(), rect.height())


def _covers(cursor: QTextCursor, position: int) -> bool:
    return cursor.hasSelection() and cursor.selectionStart() <= position <= cursor.selectionEnd()


def _row(cursor: QTextCursor) -> int:
    return cursor.document().findBlock(cursor.selectionStart()).blockNumber()
