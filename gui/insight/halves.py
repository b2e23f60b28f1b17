"""Pieces of the filters panel."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from gui.insight.pages import Line
from gui.insight.pictures import Picture
from gui.insight.tiles import Tile


def half(title: str, box: QComboBox, others: list[QWidget], content: QWidget) -> QWidget:
    """Title, choice and other widgets in a row above the content; room between the first of the others and the rest."""
    head = QHBoxLayout()
    head.addWidget(Line(title, "panelTitle"))
    head.addWidget(box)
    for number, widget in enumerate(others):
        head.addWidget(widget)
        if number == 0:
            head.addStretch(1)
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addLayout(head)
    layout.addWidget(content, 1)
    return made


def fill(box: QComboBox, names: list[str], first: int) -> None:
    """Offer these names; what was chosen stays chosen if it is among them."""
    if [box.itemText(place) for place in range(box.count())] == names:
        return
    before = box.currentText()
    box.clear()
    box.addItems(names)
    box.setCurrentIndex(names.index(before) if before in names else min(first, len(names) - 1))


def picture_tiles(pictures: list[Picture], what: str) -> list[Tile]:
    """Tiles with their captions; what: named in the tool tips."""
    return [Tile(picture, (caption,), None, f"{what} {caption}") for caption, picture in pictures]


def filter_side(width: int) -> int:
    """Whole pixels for small filters: 11 × 5, 7 × 8, 3 × 17, …"""
    return width * max(4, 52 // width)
