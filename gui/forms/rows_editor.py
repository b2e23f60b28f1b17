"""Fields for lists of small tables, and for tables with names of the user's own: a card or a line for each entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.forms.around import Around
from gui.forms.editors import Editor, TextEditor
from gui.forms.fields import Field, Text
from gui.forms.icons import icon
from gui.forms.table_editor import Make, TableEditor

Start = Callable[[Around, list[Any]], dict[str, Any]]
"""What a new entry says at first."""


First = Callable[[Around], int]
"""The number of the first entry."""


def _one(_around: Around) -> int:
    return 1


class Card(QFrame):
    """One table of the list, with a button that removes it."""

    def __init__(self, title: str, table: TableEditor) -> None:
        super().__init__()
        self.setObjectName("formCard")
        self.table, self.remove = table, remove_button(f"Remove {title}")
        head = QHBoxLayout()
        label = QLabel(title)
        label.setObjectName("secondary")
        head.addWidget(label, 1)
        head.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 2, 6)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(table)


class RowsEditor(Editor):
    """The tables of a list. noun: what one is called; start: what a new one says; first: the first one's number."""

    is_wide: ClassVar[bool] = True

    def __init__(self, fields: Sequence[Field], make: Make, noun: str, start: Start, first: First = _one) -> None:
        super().__init__()
        self._number, self._first = first, 1
        self.cards: list[Card] = []
        self.add = QPushButton(f"Add a {noun}")
        self._fields, self._make, self._noun, self._start = list(fields), make, noun, start
        self._around, self._value = Around(), list[Any]()
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self._column.addWidget(self.add)
        self._row.addLayout(self._column)
        self.add.setObjectName("small")
        self.add.clicked.connect(self.append)
        self.setFocusProxy(self.add)

    def show_value(self, value: Any) -> None:
        self._value = list(value) if isinstance(value, list) else []
        self._make_cards(len(self._value))
        for card, item in zip(self.cards, self._value, strict=True):
            card.table.show_value(item)

    def show_mixed(self) -> None:
        self.show_value([])

    def is_busy(self) -> bool:
        return any(card.table.is_busy() for card in self.cards)

    def take_around(self, around: Around) -> None:
        self._around, before = around, self._first
        self._first = self._number(around)
        if self._first != before:
            self._make_cards(0)
            self.show_value(self._value)
        for card in self.cards:
            card.table.take_around(around)

    def append(self) -> None:
        """A further table behind the last."""
        self.entered.emit([*self._value, self._start(self._around, self._value)])

    def _make_cards(self, count: int) -> None:
        while len(self.cards) > count:
            card = self.cards.pop()
            card.hide()
            self._column.removeWidget(card)
            card.deleteLater()
        while len(self.cards) < count:
            place = len(self.cards)
            title = f"{self._noun} {place + self._first}"
            table = TableEditor(self._fields, self._make)
            table.set_name(title)
            table.take_around(self._around)
            card = Card(title, table)
            card.remove.clicked.connect(partial(self._remove, place))
            table.entered.connect(partial(self._enter, place))
            table.refused.connect(self.refused)
            self.cards.append(card)
            self._column.insertWidget(place, card)

    def _enter(self, place: int, table: Any) -> None:
        self.entered.emit([table if at == place else item for at, item in enumerate(self._value)])

    def _remove(self, place: int) -> None:
        self.entered.emit([item for at, item in enumerate(self._value) if at != place] or None)


class PairsEditor(Editor):
    """A table of texts with names of the user's own: { "backbone.*" = "*" }, a line for each."""

    is_wide: ClassVar[bool] = True

    def __init__(self, titles: tuple[str, str]) -> None:
        super().__init__()
        self.titles, self._value = titles, dict[str, Any]()
        self.lines: list[tuple[QWidget, TextEditor, TextEditor]] = []
        self.add = QPushButton("Add a line")
        self.add.setObjectName("small")
        self.add.clicked.connect(lambda: self._make_line("", ""))
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self._column.addWidget(self.add)
        self._row.addLayout(self._column)
        self.setFocusProxy(self.add)

    def show_value(self, value: Any) -> None:
        self._value = dict(value) if isinstance(value, dict) else {}
        shown = [(left.line.text(), right.line.text()) for _, left, right in self.lines]
        if shown == [(key, str(item)) for key, item in self._value.items()]:
            return
        for line, _, _ in self.lines:
            line.hide()
            line.deleteLater()
        self.lines = []
        for key, item in self._value.items():
            self._make_line(key, str(item))

    def show_mixed(self) -> None:
        self.show_value({})

    def is_busy(self) -> bool:
        return any(editor.line.isModified() for _, *pair in self.lines for editor in pair)

    def _make_line(self, key: str, value: str) -> None:
        holder, remove = QWidget(), remove_button("Remove this line")
        left, right = (TextEditor((Text(),), is_plain=True) for _ in range(2))
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for editor, text, title in ((left, key, self.titles[0]), (right, value, self.titles[1])):
            editor.set_name(title)
            editor.show_value(text)
            editor.line.setPlaceholderText(title)
            editor.entered.connect(lambda _: self._tell())
            row.addWidget(editor, 1)
            if editor is left:
                row.addWidget(QLabel("→"))
        row.addWidget(remove)
        self.lines.append((holder, left, right))
        remove.clicked.connect(lambda: self._remove(holder))
        self._column.insertWidget(len(self.lines) - 1, holder)

    def show_hint(self, text: str) -> None:
        """The lines have their own."""

    def _remove(self, holder: QWidget) -> None:
        self.lines = [line for line in self.lines if line[0] is not holder]
        holder.hide()
        holder.deleteLater()
        self._tell()

    def _tell(self) -> None:
        """Lines that are not whole yet wait."""
        table = {left.line.text().strip(): right.line.text().strip() for _, left, right in self.lines}
        table = {key: value for key, value in table.items() if key and value}
        if table != self._value:
            self.entered.emit(table or None)


def remove_button(name: str) -> QToolButton:
    """A small cross."""
    button = QToolButton()
    button.setIcon(icon("remove"))
    button.setAutoRaise(True)
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button
