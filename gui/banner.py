"""A line above the panels that asks something without standing in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget


class Banner(QFrame):
    """Shows one message with buttons; hidden when there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.buttons: dict[str, QPushButton] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 8, 6)
        self._row.setSpacing(8)
        self._row.addWidget(self.message, 1)
        self.hide()

    def ask(self, message: str, answers: Mapping[str, Callable[[], object]]) -> None:
        """Show a message and one button for each answer; any of them closes the banner."""
        self.clear()
        self.message.setText(message)
        self.setAccessibleName(message)
        for text, act in answers.items():
            button = QPushButton(text)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _=False, act=act: self._answer(act))
            self._row.addWidget(button)
            self.buttons[text] = button
        self.show()

    def clear(self) -> None:
        """Say nothing."""
        for button in self.buttons.values():
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = {}
        self.hide()

    def _answer(self, act: Callable[[], object]) -> None:
        self.clear()
        act()
