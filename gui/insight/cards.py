"""What a network says about one picture: what it sees, the likeliest classes, and what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.insight.bars import Bars
from gui.insight.pages import quiet
from gui.insight.pictures import enlarged, image
from gui.symbols import draw_error, draw_warning
from gui.theme import current_theme

SIDE, WIDTH, SYMBOL = 112, 372, 14


class Note(QWidget):
    """A sentence behind a drawn sign."""

    def __init__(self, text: str, *, is_error: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_error = is_error
        self.label = QLabel(text)
        self.label.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SYMBOL + 6, 0, 0, 0)
        layout.addWidget(self.label)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, theme = QPainter(self), current_theme()
        box = QRectF(0, 2, SYMBOL, SYMBOL)
        draw = draw_error if self.is_error else draw_warning
        draw(painter, box, QColor(theme.error if self.is_error else theme.warning))


class Card(QWidget):
    """One sample of a file."""

    def __init__(
        self, file: Path, sample: dict[str, Any] | None, seen: NDArray[Any] | None, notes: list[Note],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """sample: {"name", "top", "outputs"}; None for a file with a problem, which is among the notes."""
        super().__init__(parent)
        self.file, self.sample, self.notes = file, sample, notes
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(12)
        if seen is not None:
            layout.addWidget(_seen(seen), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._lay_out_text(), 1)

    def _lay_out_text(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        top = self.sample["top"] if self.sample is not None else None
        title = QLabel(str(top[0][0]) if top else self.file.name)
        title.setObjectName("panelTitle")
        column.addWidget(title)
        name = quiet(self.sample["name"] if self.sample is not None and top else "")
        name.setVisible(bool(name.text()))
        name.setToolTip(str(self.file))
        column.addWidget(name)
        if top:
            bars = Bars()
            bars.show_chances(top)
            column.addWidget(bars)
        elif self.sample is not None:
            numbers = QLabel(", ".join(f"{value:.4g}" for value in self.sample["outputs"]))
            numbers.setWordWrap(True)
            column.addWidget(numbers)
        for note in self.notes:
            column.addWidget(note)
        column.addStretch(1)
        return column

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, theme = QPainter(self), current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


def _seen(seen: NDArray[Any]) -> QLabel:
    label = QLabel()
    label.setPixmap(enlarged(image(seen), SIDE))
    label.setAccessibleName("What the network sees")
    label.setToolTip("What the network sees: scaled and cut as in training")
    return label
