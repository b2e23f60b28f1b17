"""What keys do to the lines of an editor: indent, comment, begin a line."""

from __future__ import annotations

import re

from PySide6.QtGui import QTextBlock, QTextCursor

INDENT = "  "
COMMENT = "# "


def begin_line(cursor: QTextCursor) -> None:
    """A new line, indented as the one before; deeper behind an opening bracket, whose partner goes below."""
    text, column = cursor.block().text(), cursor.positionInBlock()
    before, behind = text[:column], text[column:]
    indent = before[: len(before) - len(before.lstrip())]
    opened = before.rstrip()[-1:] in ("[", "{") and not re.match(r"\s*\[\[?[\w.\"-]*$", before)
    cursor.beginEditBlock()
    if opened and behind.lstrip()[:1] in ("]", "}"):
        cursor.insertText(f"\n{indent}{INDENT}\n{indent}")
        cursor.movePosition(QTextCursor.MoveOperation.PreviousBlock)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
    else:
        cursor.insertText(f"\n{indent}{INDENT if opened else ''}")
    cursor.endEditBlock()


def indent(cursor: QTextCursor) -> None:
    """Two spaces at the cursor, or before each of the chosen lines."""
    if not cursor.hasSelection():
        cursor.insertText(INDENT)
        return
    _on_each(cursor, lambda block: _insert(block, 0, INDENT) if block.text() else None)


def outdent(cursor: QTextCursor) -> None:
    """Up to two spaces less at the start of each chosen line."""

    def shorten(block: QTextBlock) -> None:
        spaces = len(block.text()) - len(block.text().lstrip(" "))
        _remove(block, 0, min(spaces, len(INDENT)))

    _on_each(cursor, shorten)


def toggle_comment(cursor: QTextCursor) -> None:
    """Comment the chosen lines out; in again where all of them are."""
    blocks = [block for block in _blocks(cursor) if block.text().strip()]
    if not blocks:
        return
    if all(block.text().lstrip().startswith("#") for block in blocks):
        _on_each(cursor, _uncomment)
    else:
        column = min(len(block.text()) - len(block.text().lstrip()) for block in blocks)
        _on_each(cursor, lambda block: _insert(block, column, COMMENT) if block.text().strip() else None)


def _uncomment(block: QTextBlock) -> None:
    found = re.match(r"(\s*)(# ?)", block.text())
    if found:
        _remove(block, found.start(2), len(found[2]))


def _blocks(cursor: QTextCursor) -> list[QTextBlock]:
    """The lines a selection touches; one at whose very start it ends does not count."""
    document = cursor.document()
    first, last = document.findBlock(cursor.selectionStart()), document.findBlock(cursor.selectionEnd())
    if last != first and cursor.selectionEnd() == last.position():
        last = last.previous()
    blocks = [first]
    while blocks[-1] != last:
        blocks.append(blocks[-1].next())
    return blocks


def _on_each(cursor: QTextCursor, change: object) -> None:
    assert callable(change)
    blocks = _blocks(cursor)
    cursor.beginEditBlock()
    for block in blocks:
        change(block)
    cursor.endEditBlock()


def _insert(block: QTextBlock, column: int, text: str) -> None:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + column)
    cursor.insertText(text)


def _remove(block: QTextBlock, column: int, length: int) -> None:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + column)
    cursor.setPosition(block.position() + column + length, QTextCursor.MoveMode.KeepAnchor)
    cursor.removeSelectedText()
