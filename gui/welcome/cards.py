"""How templates and files look on the first page."""

from __future__ import annotations

import re

from PySide6.QtCore import QLineF, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QIcon, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.icons import icon
from gui.theme import SECONDARY, current_theme

Index = QModelIndex | QPersistentModelIndex
DETAIL = int(Qt.ItemDataRole.UserRole) + 1
"""Role of the second line."""
CARD, PICTURE = QSize(204, 230), QSize(186, 132)
GAP, PADDING, RADIUS = 12, 8, 6
LINES = 3
"""Of what a template is."""
CLAUSE = re.compile(r"(?<=[.!])(?= |$)|[:;,](?= )|$")
"""Where a description may end."""


class TemplateCard(QStyledItemDelegate):
    """A picture of the network, its name, and what it is; what is too long ends with an ellipsis."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return CARD

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        box = QRectF(option.rect).adjusted(0.5, 0.5, -GAP - 0.5, -GAP - 0.5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if _is_hot(option) else theme.line), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        picture: QIcon | None = index.data(Qt.ItemDataRole.DecorationRole)
        if picture is not None:
            place = QRectF(box.left() + 3, box.top() + 3, box.width() - 6, PICTURE.height())
            picture.paint(painter, place.toRect())
        painter.setPen(QPen(QColor(theme.line), 1))
        middle = box.top() + PICTURE.height() + 4.5
        painter.drawLine(QLineF(box.left(), middle, box.right(), middle))
        words = QRectF(box.left() + PADDING, middle + 6, box.width() - 2 * PADDING, box.bottom() - middle - 10)
        upper, lower = QFont(option.font), QFont(option.font)
        upper.setWeight(QFont.Weight.DemiBold)
        lower.setPixelSize(SECONDARY)
        _write(painter, words, str(index.data()), upper, theme.text)
        below = words.adjusted(0, 20, 0, 0)
        painter.setFont(lower)
        painter.setPen(QColor(theme.secondary))
        told = shortened(str(index.data(DETAIL) or ""), QFontMetricsF(lower), below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignTop, told)
        painter.restore()


class FileLine(QStyledItemDelegate):
    """One line: the file's name, and where it is."""

    HEIGHT = 30

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(0, self.HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        box = QRectF(option.rect).adjusted(0, 1, 0, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if _is_hot(option):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        icon("recent").paint(painter, int(box.left()) + 8, int(box.top()) + 6, 16, 16)
        words = box.adjusted(32, 0, -8, 0)
        _write(painter, words, str(index.data()), option.font, theme.text, Qt.AlignmentFlag.AlignVCenter)
        name = painter.fontMetrics().horizontalAdvance(str(index.data())) + 16
        rest = words.adjusted(name, 0, 0, 0)
        _write(painter, rest, str(index.data(DETAIL)), option.font, theme.secondary, Qt.AlignmentFlag.AlignVCenter)
        painter.restore()


def _is_hot(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus))


def shortened(text: str, metrics: QFontMetricsF, width: float, lines: int = LINES) -> str:
    """As many whole clauses as fit into some lines; a first clause that is too long ends with an ellipsis."""
    ends = [match.start() for match in CLAUSE.finditer(text)]
    for end in reversed(ends):
        rows = _broken(text[:end], metrics, width)
        if len(rows) <= lines:
            return "\n".join(rows)
    rows = _broken(text, metrics, width)
    last = metrics.elidedText(" ".join(rows[lines - 1 :]), Qt.TextElideMode.ElideRight, width)
    return "\n".join([*rows[: lines - 1], last])


def _broken(text: str, metrics: QFontMetricsF, width: float) -> list[str]:
    """The words in lines of a width."""
    rows: list[str] = []
    for word in text.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and metrics.horizontalAdvance(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _write(
    painter: QPainter, box: QRectF, text: str, font: QFont, colour: str,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignTop,
) -> None:  # fmt: skip
    painter.setFont(font)
    painter.setPen(QColor(colour))
    fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(box.width()))
    painter.drawText(box, side | Qt.AlignmentFlag.AlignLeft, fitting)
