"""A panel's content, or one sentence why there is none."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedLayout, QWidget

SENTENCE = QSize(160, 72)
"""The least room for a sentence."""


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

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        layout = self.layout()  # Qt may ask before this object is made, and when Python has already let go of its attributes
        content = layout.widget(0) if isinstance(layout, QStackedLayout) and layout.currentIndex() == 0 else None
        return SENTENCE if content is None else content.minimumSizeHint()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return False  # the sentence has it; the height that it gives would be at least the content's

    def show_content(self) -> None:
        """There is something to see."""
        self._layout.setCurrentWidget(self.content)
        self.updateGeometry()

    def say(self, sentence: str) -> None:
        """There is nothing to see, and why."""
        self.sentence.setText(sentence)
        self._layout.setCurrentWidget(self.sentence)
        self.updateGeometry()


class Line(QLabel):
    """One line that takes no more room than there is: what does not fit ends with an ellipsis and is in the tool tip."""

    def __init__(self, text: str = "", name: str = "secondary", parent: QWidget | None = None) -> None:
        """name: which style, such as "secondary" or "panelTitle"."""
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(min(40, super().minimumSizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        fitting = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width())
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            fitting,
            self.foregroundRole(),
        )
        if not self.toolTip() and fitting != self.text():
            self.setToolTip(self.text())


def quiet(text: str = "") -> Line:
    """A line in the secondary colour."""
    return Line(text)


def paragraph(text: str = "") -> QLabel:
    """A text in the secondary colour that is broken into lines."""
    label = QLabel(text)
    label.setObjectName("secondary")
    label.setWordWrap(True)
    return label
