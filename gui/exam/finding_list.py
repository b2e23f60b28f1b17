"""The doctor's findings as a list: a symbol, which check, what it found, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.canvas.fonts import font_of, metrics_of
from gui.symbols import draw_dot, draw_error, draw_tick, draw_warning
from gui.theme import BODY, SECONDARY, current_theme
from netspec.editing import Outline

FINDING = int(Qt.ItemDataRole.UserRole)
SYMBOL, LEFT, TITLE, GAP = 15, 30, 122, 6
Index = QModelIndex | QPersistentModelIndex
Finding = Mapping[str, Any]
WRAP = int(Qt.TextFlag.TextWordWrap)


class FindingLine(QStyledItemDelegate):
    """Paints one finding, as high as its texts."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        room = self._room(option.widget.viewport().width() if isinstance(option.widget, QListWidget) else 600)
        finding = index.data(FINDING)
        height = _height(metrics_of(BODY), finding["message"], room)
        height += _height(metrics_of(SECONDARY), finding["remedy"], room) + 2 if finding["remedy"] else 0
        return QSize(200, height + 2 * GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        finding, theme, box = index.data(FINDING), current_theme(), option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(theme.selection))
        painter.save()
        self._draw_symbol(painter, QRectF(box.left() + 8, box.top() + GAP + 1, SYMBOL, SYMBOL), finding["status"])
        quiet = finding["status"] == "skipped"
        painter.setFont(font_of(BODY, bold=True))
        painter.setPen(QColor(theme.secondary if quiet else theme.text))
        title = QRect(box.left() + LEFT, box.top() + GAP, TITLE - 8, box.height())
        is_first = index.row() == 0 or index.sibling(index.row() - 1, 0).data(FINDING)["check"] != finding["check"]
        painter.drawText(title, WRAP, finding["check"] if is_first else "")
        room = QRect(box.left() + LEFT + TITLE, box.top() + GAP, self._room(box.width()), box.height())
        painter.setFont(font_of(BODY))
        painter.drawText(room, WRAP, finding["message"])
        if finding["remedy"]:
            room.translate(0, _height(metrics_of(BODY), finding["message"], room.width()) + 2)
            painter.setFont(font_of(SECONDARY))
            painter.setPen(QColor(theme.secondary))
            painter.drawText(room, WRAP, finding["remedy"])
        painter.restore()

    def _room(self, width: int) -> int:
        return max(width - LEFT - TITLE - 12, 120)

    def _draw_symbol(self, painter: QPainter, box: QRectF, status: str) -> None:
        theme = current_theme()
        draw, colour = {
            "ok": (draw_tick, theme.ok), "failed": (draw_error, theme.error), "warning": (draw_warning, theme.warning),
            "hint": (draw_dot, theme.accent),
        }.get(status, (draw_dot, theme.line))  # fmt: skip
        draw(painter, box, QColor(colour))


def _height(metrics: QFontMetricsF, text: str, room: int) -> int:
    return int(metrics.boundingRect(QRectF(0, 0, room, 10_000), WRAP, text).height()) + 1


SECTIONS = {
    "data": "data", "input": "input", "classes": "data", "weights": "transfer", "pretrained": "transfer",
    "freezing": "transfer", "overfits": "optimizer", "lr-find": "optimizer", "loss at start": "loss",
}  # fmt: skip
"""Check → the section that it is about."""


def finding_item(finding: Finding) -> QListWidgetItem:
    """A line of the list."""
    item = QListWidgetItem(f"{finding['status']}: {finding['check']}: {finding['message']}")
    item.setData(FINDING, dict(finding))
    return item


def layer_of_finding(finding: Finding, outline: Outline) -> str | None:
    """The layer that a finding is about: named by its values, else the first that its words name, or whose tensor they do."""
    named = finding.get("values", {}).get("layer")
    words: list[str] = re.findall(r"[\w.\-]+", f"{finding['message']} {finding['remedy']}")
    for word in ([str(named)] if named else []) + words:
        name = word.strip(".")
        for candidate in (name, name.rpartition(".")[0]):
            node = outline.by_name.get(candidate)
            if node is not None and node.kind != "input":
                return candidate
    return None


def section_of_finding(finding: Finding) -> str | None:
    """The section of the spec that a finding tells to change: "[train]" → "train"; else the one that its check is about."""
    found = re.search(r"\[(\w+)\]", f"{finding['remedy']} {finding['message']}")
    return str(found.group(1)) if found else SECTIONS.get(str(finding["check"]))
