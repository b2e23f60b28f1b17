"""Keys of the editor and what they stand for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

PLAIN, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip
COMMANDS = {
    (PLAIN, Qt.Key.Key_Return): "begin line",
    (PLAIN, Qt.Key.Key_Enter): "begin line",
    (PLAIN, Qt.Key.Key_Tab): "indent",
    (SHIFT, Qt.Key.Key_Backtab): "outdent",
    (CONTROL, Qt.Key.Key_Space): "propose",
    (CONTROL, Qt.Key.Key_Slash): "comment",
    (CONTROL | SHIFT, Qt.Key.Key_Slash): "comment",  # layouts on which / needs Shift
    (CONTROL, Qt.Key.Key_F): "find",
    (CONTROL, Qt.Key.Key_H): "replace",
    (CONTROL, Qt.Key.Key_G): "line",
    (CONTROL, Qt.Key.Key_Period): "fix",
    (PLAIN, Qt.Key.Key_F12): "definition",
    (SHIFT, Qt.Key.Key_F1): "docs",
    (CONTROL, Qt.Key.Key_Y): "redo",
    (CONTROL | SHIFT, Qt.Key.Key_Z): "redo",
    (CONTROL, Qt.Key.Key_Z): "undo",
}
SHOWN = {
    "undo": "Ctrl+Z", "redo": "Ctrl+Shift+Z", "comment": "Ctrl+/", "definition": "F12", "docs": "Shift+F1", "fix": "Ctrl+.",
    "find": "Ctrl+F", "replace": "Ctrl+H", "line": "Ctrl+G", "propose": "Ctrl+Space",
}  # fmt: skip
"""How menus write them."""


def command_of(event: QKeyEvent) -> str:
    """What a key stands for in the editor; "" for keys that type, move or belong to the window."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return COMMANDS.get((modifiers, Qt.Key(event.key())), "")


def shown_key(command: str) -> QKeySequence:
    """The key of a command, for a menu."""
    return QKeySequence(SHOWN.get(command, ""))


