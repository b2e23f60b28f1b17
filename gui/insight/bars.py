"""Class probabilities as bars."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import current_theme

ROW, NUMBER = 20, 58


class Bars(QWidget):
    """One row a class: a bar, its name over it, the probability at the right. The likeliest class stands out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chances: list[tuple[str, float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Probabilities")

    def show_chances(self, chances: Sequence[Sequence[object]]) -> None:
        """(class, probability), the likeliest first."""
        self.chances = [(str(name), float(str(chance))) for name, chance in chances]
        self.setAccessibleDescription(", ".join(f"{name} {100 * chance:.1f} %" for name, chance in self.chances))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, ROW * len(self.chances))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(100, ROW * len(self.chances))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.width() - NUMBER
        for row, (name, chance) in enumerate(self.chances):
            box = QRectF(0, row * ROW + 1, room, ROW - 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.line))
            painter.setOpacity(0.5)
            painter.drawRoundedRect(box, 3, 3)
            painter.setOpacity(0.75 if row == 0 else 0.4)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRectF(box.left(), box.top(), max(room * chance, 2.0), box.height()), 3, 3)
            painter.setOpacity(1.0)
            painter.setPen(QColor(theme.text if row == 0 else theme.secondary))
            middle = Qt.AlignmentFlag.AlignVCenter
            fitting = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room) - 12)
            painter.drawText(box.adjusted(6, 0, 0, 0), middle, fitting)
            number = QRectF(room, box.top(), NUMBER, box.height())
            painter.drawText(number, middle | Qt.AlignmentFlag.AlignRight, f"{100 * chance:.1f} %")
