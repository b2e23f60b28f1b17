"""The text of the spec, to read: line numbers, problems underlined."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.panel import Area, Panel
from gui.theme import code_font, current_theme
from netspec.problems import Problem, Severity, Span

MARGIN = 8


class LineNumbers(QWidget):
    """The strip at the left of the text."""

    def __init__(self, text: SpecText) -> None:
        super().__init__(text)
        self._text = text

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._text.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        self._text.paint_line_numbers(self, event)


class SpecText(QPlainTextEdit):
    """A read-only view of one file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file = ""
        self._problems: list[tuple[Span, Severity]] = []
        self._gutter = LineNumbers(self)
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(code_font())
        self.setAccessibleName("Text of the spec, read-only")
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._move_gutter)
        self.cursorPositionChanged.connect(self._mark)
        self._make_room()

    def show_file(self, file: str, text: str, problems: Iterable[Problem]) -> None:
        """Show this text; where it is the file shown before, the view stays where it is."""
        spans = [(problem.span, problem.severity) for problem in problems if problem.span and problem.span.file == file]
        self._problems = [(span, severity) for span, severity in spans if span.line]
        if (file, text) != (self.file, self.toPlainText()):
            place = self.verticalScrollBar().value() if file == self.file else 0
            self.setPlainText(text)
            self.verticalScrollBar().setValue(place)
        self.file = file
        self._mark()

    def go_to(self, span: Span) -> None:
        """Select the span's line and scroll until the span is in view."""
        cursor = QTextCursor(self.document().findBlockByNumber(max(span.line - 1, 0)))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        # From the end to the start: the view follows the cursor, and lines are read from their start.
        cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.centerCursor()
        end = self.fontMetrics().horizontalAdvance(span.text[: span.end_column])
        self.horizontalScrollBar().setValue(max(0, end - self.viewport().width() + MARGIN))

    def gutter_width(self) -> int:
        """Pixels that the line numbers take."""
        digits = max(len(str(self.blockCount())), 2)
        return self.fontMetrics().horizontalAdvance("0") * digits + 2 * MARGIN

    def paint_line_numbers(self, gutter: QWidget, event: QPaintEvent) -> None:
        """Draw the numbers of the lines in view."""
        painter, theme = QPainter(gutter), current_theme()
        painter.setFont(self.font())
        colours = {span.line: _colour(severity) for span, severity in reversed(self._problems)}
        block = self.firstVisibleBlock()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset()).toRect()
            if box.top() > event.rect().bottom():
                break
            line = block.blockNumber() + 1
            painter.setPen(colours.get(line, QColor(theme.secondary)))
            place = QRect(0, box.top(), gutter.width() - MARGIN, self.fontMetrics().height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, str(line))
            block = block.next()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        box = self.contentsRect()
        self._gutter.setGeometry(QRect(box.left(), box.top(), self.gutter_width(), box.height()))

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)

    def _move_gutter(self, rect: QRect, dy: int) -> None:
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def _mark(self) -> None:
        self.setExtraSelections([self._current_line(), *(self._squiggle(*problem) for problem in self._problems)])

    def _current_line(self) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setBackground(QColor(current_theme().window))
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        mark.cursor = self.textCursor()
        mark.cursor.clearSelection()
        return mark

    def _squiggle(self, span: Span, severity: Severity) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        mark.format.setUnderlineColor(_colour(severity))
        block = self.document().findBlockByNumber(span.line - 1)
        mark.cursor = QTextCursor(block)
        last = min(max(span.end_column, span.column + 1) - 1, block.length() - 1)
        mark.cursor.setPosition(block.position() + min(span.column - 1, last))
        mark.cursor.setPosition(block.position() + last, QTextCursor.MoveMode.KeepAnchor)
        return mark


def _colour(severity: Severity) -> QColor:
    return QColor(current_theme().error if severity == "error" else current_theme().warning)


class SpecTextPanel(Panel):
    """The text of the document."""

    title: ClassVar[str] = "Text"
    area: ClassVar[Area] = "centre"
    order: ClassVar[int] = 20

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.text = SpecText()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)
        desk.document.changed.connect(self.show_state)
        desk.layer_wanted.connect(self._go_to_layer)
        desk.problem_wanted.connect(self._go_to_problem)

    def show_state(self) -> None:
        """Show the document's text with its problems."""
        state = self.desk.document.state
        if state is not None:
            self.text.show_file(state.file, state.text, state.problems)

    def _go_to_layer(self, name: str) -> None:
        state = self.desk.document.state
        span = state.places.get(name) if state is not None and not state.is_stale else None
        if span is not None:
            self._go_to(span)

    def _go_to_problem(self, problem: Problem) -> None:
        if problem.span is not None and problem.span.line:
            self._go_to(problem.span)

    def _go_to(self, span: Span) -> None:
        state = self.desk.document.state
        if state is not None:
            self.text.show_file(span.file, state.texts.get(span.file, ""), state.problems)
            self.text.go_to(span)
