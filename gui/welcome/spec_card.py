"""How a shipped spec looks in the list: its name, and below it what it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.theme import SECONDARY, current_theme

DETAIL = int(Qt.ItemDataRole.UserRole) + 1
"""Role of the second line."""
HEIGHT, GAP, PADDING, RADIUS = 58, 8, 12, 6


class SpecCard(QStyledItemDelegate):
    """Paints one card; a line that is too long ends with an ellipsis, the whole of it is in the tool tip."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(0, HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = current_theme()
        is_hot = option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus)
        box = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -GAP - 0.5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if is_hot else theme.line), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        inside = box.adjusted(PADDING, 7, -PADDING, -7)
        upper, lower = QFont(option.font), QFont(option.font)
        upper.setWeight(QFont.Weight.DemiBold)
        lower.setPixelSize(SECONDARY)
        _write(painter, inside, Qt.AlignmentFlag.AlignTop, str(index.data()), upper, theme.text)
        _write(painter, inside, Qt.AlignmentFlag.AlignBottom, str(index.data(DETAIL) or ""), lower, theme.secondary)
        painter.restore()


def _write(painter: QPainter, box: QRectF, side: Qt.AlignmentFlag, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(box, side | Qt.AlignmentFlag.AlignLeft, fitting)
