"""What is shown on top of the text: problems, frozen layers, the chosen layers, hits of a search."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QTextEdit

from gui.theme import current_theme
from netspec.problems import Problem, Severity, Span


@dataclass(frozen=True)
class Marks:
    """problems: those of the shown file; frozen: lines (from 0) of frozen layers; chosen: their first and last lines."""

    problems: tuple[Problem, ...] = ()
    frozen: frozenset[int] = frozenset()
    chosen: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(
        cls, file: str, problems: Sequence[Problem], frozen: frozenset[int], chosen: Sequence[tuple[int, int]]
    ) -> Marks:
        """Marks of one file."""
        own = tuple(item for item in problems if item.span is not None and item.span.line and item.span.file == file)
        return cls(own, frozen, tuple(chosen))


def current_line(cursor: QTextCursor) -> QTextEdit.ExtraSelection:
    """The line with the cursor, on another background."""
    mark = QTextEdit.ExtraSelection()
    mark.format.setBackground(QColor(current_theme().window))
    mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
    mark.cursor = QTextCursor(cursor)
    mark.cursor.clearSelection()
    return mark


def squiggle(cursor: QTextCursor, problem: Problem) -> QTextEdit.ExtraSelection:
    """A wave under a place."""
    mark = QTextEdit.ExtraSelection()
    mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
    mark.format.setUnderlineColor(severity_colour(problem.severity))
    mark.cursor = cursor
    return mark


def hit(document: QTextDocument, start: int, length: int) -> QTextEdit.ExtraSelection:
    """A place that a search has found."""
    mark = QTextEdit.ExtraSelection()
    mark.format.setBackground(QColor(current_theme().selection))
    mark.cursor = QTextCursor(document)
    mark.cursor.setPosition(start)
    mark.cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
    return mark


def second_place(cursor: QTextCursor) -> QTextEdit.ExtraSelection:
    """Dots under another place that a problem is about."""
    mark = QTextEdit.ExtraSelection()
    mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
    mark.format.setUnderlineColor(QColor(current_theme().accent))
    mark.cursor = cursor
    return mark


def problem_cursor(document: QTextDocument, problem: Problem) -> QTextCursor:
    """The place of a problem, at least one character of its line."""
    assert problem.span is not None
    return span_cursor(document, problem.span)


def span_cursor(document: QTextDocument, span: Span) -> QTextCursor:
    """A place of the text, at least one character of its line."""
    block = document.findBlockByNumber(min(span.line - 1, document.blockCount() - 1))
    last = min(max(span.end_column, span.column + 1) - 1, block.length() - 1)
    first = min(span.column - 1, last)
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + (first if first < last else max(last - 1, 0)))
    cursor.setPosition(block.position() + last, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def severity_colour(severity: Severity) -> QColor:
    """The colour of errors or of warnings."""
    return QColor(current_theme().error if severity == "error" else current_theme().warning)


def problem_html(problem: Problem) -> str:
    """Code, message and hint, for a tooltip."""
    theme = current_theme()
    colour = theme.error if problem.severity == "error" else theme.warning
    code = f'<b style="color:{colour}">{problem.code}</b> {html.escape(problem.where)}'
    text = f"{code}<br>{html.escape(problem.message)}" + (
        f'<br><span style="color:{theme.secondary}">{html.escape(problem.hint)}</span>' if problem.hint else ""
    )
    return text + "".join(f"<br>line {item.span.line}: {html.escape(item.message)}" for item in problem.related)
