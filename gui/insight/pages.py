"""A panel's content, or one sentence why there is none."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget


class Pages(QWidget):
    """Shows `content`, or a sentence in its place."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content, self.sentence = content, QLabel()
        self.sentence.setObjectName("placeholder")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setWordWrap(True)
        self.sentence.setMargin(24)
        self._layout = QStackedLayout(self)
        self._layout.addWidget(content)
        self._layout.addWidget(self.sentence)

    def show_content(self) -> None:
        """There is something to see."""
        self._layout.setCurrentWidget(self.content)

    def say(self, sentence: str) -> None:
        """There is nothing to see, and why."""
        self.sentence.setText(sentence)
        self._layout.setCurrentWidget(self.sentence)


def quiet(text: str = "") -> QLabel:
    """A label in the secondary colour."""
    label = QLabel(text)
    label.setObjectName("secondary")
    return label
