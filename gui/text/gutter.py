"""The strip at the left of the text: a bar at chosen layers, symbols of problems and frozen layers, line numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QTextBlock, QTextCursor
from PySide6.QtWidgets import QToolTip, QWidget

from gui.symbols import draw_error, draw_snowflake, draw_warning
from gui.text.marks import problem_html, severity_colour
from gui.theme import current_theme
from netspec.problems import Severity

if TYPE_CHECKING:
    from gui.text.editor import SpecEditor

BAR, SYMBOL, GAP = 3, 12, 4


class Gutter(QWidget):
    """Belongs to one editor."""

    def __init__(self, editor: SpecEditor) -> None:
        super().__init__(editor)
        self.editor = editor
        self.setAccessibleName("Line numbers")

    def room(self) -> int:
        """Width in pixels."""
        digits = max(len(str(self.editor.blockCount())), 3)
        return BAR + GAP + SYMBOL + self.editor.fontMetrics().horizontalAdvance("0") * digits + 2 * GAP + GAP

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.room(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, theme = QPainter(self), current_theme()
        painter.setFont(self.editor.font())
        chosen = {row for first, last in self.editor.marks.chosen for row in range(first, last + 1)}
        current, severities = self.editor.textCursor().blockNumber(), self.editor.severities()
        for block, box in self.editor.visible_lines():
            if box.top() > event.rect().bottom():
                break
            row = block.blockNumber()
            if row in chosen:
                painter.fillRect(QRectF(0, box.top(), BAR, box.height()), QColor(theme.accent))
            severity = severities.get(row)
            self._paint_symbol(painter, row, box, severity)
            quiet = QColor(theme.text if row == current else theme.secondary)
            painter.setPen(severity_colour(severity) if severity else quiet)
            place = QRectF(0, box.top(), self.width() - 2 * GAP, self.editor.fontMetrics().height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, str(row + 1))

    def _paint_symbol(self, painter: QPainter, row: int, box: QRectF, severity: Severity | None) -> None:
        height = self.editor.fontMetrics().height()
        place = QRectF(BAR + GAP, box.top() + (height - SYMBOL) / 2, SYMBOL, SYMBOL)
        if severity is not None:
            (draw_error if severity == "error" else draw_warning)(painter, place, severity_colour(severity))
        elif row in self.editor.marks.frozen:
            draw_snowflake(painter, place, QColor(current_theme().frozen))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            block = self._block_at(event.y())
            QToolTip.showText(event.globalPos(), self.words_for(block.blockNumber()), self)
            return True
        return super().event(event)

    def words_for(self, row: int) -> str:
        """What the symbol of a line says."""
        problems = self.editor.problems_on(row)
        if problems:
            return "<hr>".join(problem_html(item) for item in problems)
        return "frozen: keeps its parameters" if row in self.editor.marks.frozen else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        block = self._block_at(round(event.position().y()))
        cursor = QTextCursor(block)
        cursor.movePosition(QTextCursor.MoveOperation.NextBlock, QTextCursor.MoveMode.KeepAnchor)
        self.editor.setTextCursor(cursor)
        self.editor.setFocus()

    def _block_at(self, y: int) -> QTextBlock:
        for block, box in self.editor.visible_lines():
            if box.top() <= y < box.bottom():
                return block
        return self.editor.document().lastBlock()
