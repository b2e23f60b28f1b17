"""A field for a small table: a field for each of its keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gui.forms.around import Around
from gui.forms.editors import Editor
from gui.forms.fields import Field

Make = Callable[[Field], Editor]
"""How the field of a key is made."""
LABEL = 68
"""Least width of a key in pixels; longer ones are broken at their underscores."""


class TableEditor(Editor):
    """The keys of a small table, each with its field; keys at their defaults are left out of the value."""

    def __init__(self, fields: Sequence[Field], make: Make, start: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.fields = {field.key: field for field in fields}
        self.editors = {field.key: make(field) for field in fields}
        self._start, self._value = dict(start or {}), dict[str, Any]()
        holder, grid = QWidget(), QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        holder.setLayout(grid)
        for row, (key, editor) in enumerate(self.editors.items()):
            label = QLabel(key.replace("_", "_\u200b"))
            label.setObjectName("secondary")
            label.setWordWrap(True)
            label.setMinimumWidth(LABEL)
            label.setToolTip(self.fields[key].doc)
            grid.addWidget(label, row, 0)
            grid.addWidget(editor, row, 1)
            editor.entered.connect(partial(self._enter, key))
            editor.refused.connect(self.refused)
        grid.setColumnStretch(1, 1)
        self._row.addWidget(holder)

    def set_name(self, name: str) -> None:
        for key, editor in self.editors.items():
            editor.set_name(f"{name} {key}")

    def show_value(self, value: Any) -> None:
        self._value = dict(value) if isinstance(value, dict) else {}
        for key, editor in self.editors.items():
            if not editor.is_busy():
                editor.show_value(self._value.get(key, self.fields[key].default))

    def show_mixed(self) -> None:
        for editor in self.editors.values():
            editor.show_mixed()

    def is_busy(self) -> bool:
        return any(editor.is_busy() for editor in self.editors.values())

    def take_around(self, around: Around) -> None:
        for editor in self.editors.values():
            editor.take_around(around)

    def _enter(self, key: str, value: Any) -> None:
        table = {**self._start, **self._value, key: value}
        field = self.fields[key]
        if value is None or (value == field.default and not field.is_required):
            del table[key]
        self.entered.emit(table)
