"""Panels that follow a run only while somebody sees them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class WhenSeen(QObject):
    """Calls `show` at once when the widget is visible, otherwise as soon as it is."""

    def __init__(self, widget: QWidget, show: Callable[[], None]) -> None:
        super().__init__(widget)
        self._widget, self._show = widget, show
        self._is_due = False
        widget.installEventFilter(self)

    def ask(self) -> None:
        """There is something new."""
        self._is_due = not self._widget.isVisible()
        if not self._is_due:
            self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Show and self._is_due:
            self._is_due = False
            self._show()
        return False
