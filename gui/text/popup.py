"""The list of proposals below the cursor, with the docs of the chosen one beside it. Keys stay with the editor."""

from __future__ import annotations

import html
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.text.colours import style_colour
from gui.text.completion import Completion, Item
from gui.theme import SECONDARY, code_font, current_theme

Index = QModelIndex | QPersistentModelIndex
ROW, ROWS = 24, 9
WIDTH, DOCS = 320, 280
PAD = 8


class Proposals(QAbstractListModel):
    """The items of one completion."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.items: tuple[Item, ...] = ()

    def show_items(self, items: tuple[Item, ...]) -> None:
        """Replace them."""
        self.beginResetModel()
        self.items = items
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.label
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (item.label, item.detail, item.doc) if part)
        return None


class ProposalRow(QStyledItemDelegate):
    """The name in the colour it has in the text; what it is at the right, quietly."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(WIDTH, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, theme = index.model(), current_theme()
        assert isinstance(model, Proposals)
        item, box = model.items[index.row()], option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, option.palette.highlight())
        painter.setFont(code_font())
        painter.setPen(style_colour("type" if item.kind else _style(item), item.kind, theme))
        inner = box.adjusted(PAD, 0, -PAD, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, item.label)
        used = painter.fontMetrics().horizontalAdvance(item.label) + 2 * PAD
        font = painter.font()
        font.setPixelSize(SECONDARY)
        painter.setFont(font)
        painter.setPen(theme.secondary)
        room = QRect(inner.left() + used, inner.top(), inner.width() - used, inner.height())
        detail = painter.fontMetrics().elidedText(item.detail, Qt.TextElideMode.ElideRight, max(room.width(), 0))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, detail)
        painter.restore()


def _style(item: Item) -> str:
    return {"section": "section", "value": "constant", "name": "string"}.get(item.sort, "key")


class CompletionPopup(QFrame):
    """Shows a Completion; `taken` carries the item that is clicked."""

    taken = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setObjectName("completion")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAccessibleName("Proposals")
        self.completion = Completion(0, 0, "", ())
        self.proposals = Proposals(self)
        self.list, self.docs = QListView(), QLabel()
        self.list.setModel(self.proposals)
        self.list.setItemDelegate(ProposalRow(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Proposals")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.docs.setObjectName("completionDocs")
        self.docs.setWordWrap(True)
        self.docs.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.docs.setFixedWidth(DOCS)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(self.list)
        layout.addWidget(self.docs)
        self.list.selectionModel().currentChanged.connect(self._show_docs)
        self.list.clicked.connect(lambda index: self.taken.emit(self.proposals.items[index.row()]))

    @property
    def chosen(self) -> Item | None:
        """The item that Enter takes."""
        row = self.list.currentIndex().row()
        return self.proposals.items[row] if 0 <= row < len(self.proposals.items) else None

    def show_completion(self, completion: Completion, below: QRect) -> None:
        """Show proposals under a place of the screen, above it where there is no room."""
        self.completion = completion
        self.proposals.show_items(completion.items)
        self.list.setCurrentIndex(self.proposals.index(0))
        height = ROW * min(len(completion.items), ROWS) + 4
        self.list.setFixedSize(WIDTH, max(height, 4 * ROW))
        self.adjustSize()
        self.move(self._place(below))
        self.show()
        self.raise_()

    def go(self, rows: int) -> None:
        """Choose an item further down (or up); round and round for single steps."""
        count, row = len(self.proposals.items), self.list.currentIndex().row()
        target = (row + rows) % count if abs(rows) == 1 else min(max(row + rows, 0), count - 1)
        self.list.setCurrentIndex(self.proposals.index(target))

    def _place(self, below: QRect) -> QPoint:
        screen = self.screen().availableGeometry()
        x = min(below.left(), screen.right() - self.width())
        fits = below.bottom() + self.height() <= screen.bottom()
        return QPoint(max(x, screen.left()), below.bottom() + 2 if fits else below.top() - self.height() - 2)

    def _show_docs(self) -> None:
        item = self.chosen
        if item is None:
            return
        title = f"<b>{html.escape(item.label)}</b>" + (f" &nbsp;{html.escape(item.detail)}" if item.detail else "")
        self.docs.setText(f"{title}<br>{html.escape(item.doc)}" if item.doc else title)
