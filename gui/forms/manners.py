"""How fields of a form behave among others: the wheel scrolls the form, undo is the document's, and Tab goes down it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

UNDO, REDO = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo


class Manners(QObject):
    """An event filter for fields."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QComboBox):
            event.ignore()  # a value must not change because somebody scrolls past it
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            line = watched if isinstance(watched, QLineEdit) else None
            is_own = line is not None and (line.isUndoAvailable() if event.matches(UNDO) else line.isRedoAvailable())
            if (event.matches(UNDO) or event.matches(REDO)) and not is_own:
                event.ignore()
                return True
        return super().eventFilter(watched, event)


def teach(widget: QWidget, manners: Manners) -> None:
    """Let a widget and all in it behave."""
    for child in [widget, *widget.findChildren(QWidget)]:
        child.installEventFilter(manners)


def follow_down(first: QWidget, others: Iterable[QWidget]) -> None:
    """Let Tab go from one widget through others, in this order; rows that are made later would else come after everything."""
    last = _stops(first)[-1:]
    for widget in others:
        for stop in _stops(widget):
            if last:
                QWidget.setTabOrder(last[-1], stop)
            last = [stop]


def _stops(widget: QWidget) -> list[QWidget]:
    """The widget, or what is in it, at which Tab can stop; lists that pop up are windows of their own."""
    inside = [it for it in [widget, *widget.findChildren(QWidget)] if it.window() is widget.window()]
    return [it for it in inside if it.focusPolicy() & Qt.FocusPolicy.TabFocus and it.focusProxy() is None]
