"""The menu of the editor."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu

from gui.text.editor import SpecEditor
from gui.text.keys import shown_key


def editor_menu(editor: SpecEditor) -> QMenu:
    """What can be done at the cursor."""
    menu, is_open = QMenu(editor), not editor.isReadOnly()
    _command(menu, editor, "Undo", "undo", is_on=is_open)
    _command(menu, editor, "Redo", "redo", is_on=is_open)
    menu.addSeparator()
    has_selection = editor.textCursor().hasSelection()
    _slot(menu, "Cut", "Ctrl+X", editor.cut, is_on=has_selection and is_open)
    _slot(menu, "Copy", "Ctrl+C", editor.copy, is_on=has_selection)
    _slot(menu, "Paste", "Ctrl+V", editor.paste, is_on=is_open and editor.canPaste())
    _slot(menu, "Select all", "Ctrl+A", editor.selectAll)
    menu.addSeparator()
    _command(menu, editor, "Quick fix …", "fix", is_on=is_open and bool(editor.marks.problems))
    _command(menu, editor, "Propose", "propose", is_on=is_open)
    _command(menu, editor, "Go to definition", "definition")
    _command(menu, editor, "Show docs", "docs")
    menu.addSeparator()
    _command(menu, editor, "Comment out or in", "comment", is_on=is_open and editor.format == "toml")
    _command(menu, editor, "Find …", "find")
    _command(menu, editor, "Replace …", "replace", is_on=is_open)
    _command(menu, editor, "Go to line …", "line")
    return menu


def _command(menu: QMenu, editor: SpecEditor, text: str, command: str, *, is_on: bool = True) -> None:
    action = menu.addAction(text)
    action.setShortcut(shown_key(command))
    action.setEnabled(is_on)
    action.triggered.connect(lambda _=False: editor.run(command))


def _slot(menu: QMenu, text: str, key: str, slot: Callable[[], object], *, is_on: bool = True) -> None:
    action = menu.addAction(text)
    action.setShortcut(key)
    action.setEnabled(is_on)
    action.triggered.connect(lambda _=False: slot())
