"""Paints the words of a QTextDocument; after an edit only the lines whose meaning changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QSyntaxHighlighter, QTextDocument

from gui.text.colours import style_format
from gui.text.tokens import Syntax, Token
from gui.theme import current_theme
from netspec.spec.source import Format

SLICE = 200
"""Lines away from the edit that are painted at a time, when there is time."""


class Highlighter(QSyntaxHighlighter):
    """Follows one document."""

    def __init__(self, document: QTextDocument, format: Format = "toml") -> None:
        parent: QObject = document
        super().__init__(parent)
        self._syntax = Syntax(format)
        self._batch: dict[int, list[Token]] = {}
        self._known: range = range(0)
        self._late: list[int] = []
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._paint_slice)
        document.contentsChange.connect(self._follow)  # before Qt's own: it paints what is parsed here
        self.setDocument(document)

    def set_format(self, format: Format) -> None:
        """Read the text as TOML or as JSON."""
        self._syntax = Syntax(format)
        self.repaint_all()

    def repaint_all(self) -> None:
        """Paint everything again: the theme has changed."""
        self._syntax.read(self.document().toPlainText())
        self._read_ahead(0, self.document().blockCount() - 1)
        self.rehighlight()
        self._forget()

    def highlightBlock(self, text: str) -> None:  # noqa: N802
        row, theme = self.currentBlock().blockNumber(), current_theme()
        tokens = self._batch.get(row, []) if row in self._known else self._syntax.tokens(row, row).get(row, [])
        for token in tokens:
            self.setFormat(token.column, token.length, style_format(token.style, token.name, theme))

    def _follow(self, position: int, removed: int, added: int) -> None:
        """Parse what was typed, and find the lines that it changed elsewhere."""
        text = self.document().toPlainText()
        added = min(added, self.document().characterCount() - 1 - position)  # Qt may count the end of the document, too
        rows = self._syntax.replace(text, position, removed, added)
        first = self.document().findBlock(position).blockNumber()
        last = self.document().findBlock(position + added).blockNumber()
        self._read_ahead(first, last)
        self._late = sorted(row for row in rows if not first <= row <= last)
        if self._late:
            self._timer.start()
        QTimer.singleShot(0, self, self._forget)

    def _paint_slice(self) -> None:
        now, self._late = self._late[:SLICE], self._late[SLICE:]
        if not self._late:
            self._timer.stop()
        for row in now:
            block = self.document().findBlockByNumber(row)
            if block.isValid():
                self.rehighlightBlock(block)

    def _read_ahead(self, first: int, last: int) -> None:
        """Get the tokens of many lines in one go."""
        self._batch, self._known = self._syntax.tokens(first, last), range(first, last + 1)

    def _forget(self) -> None:
        self._batch, self._known = {}, range(0)
