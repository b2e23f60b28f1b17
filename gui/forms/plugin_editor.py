"""A field for a plug-in: its type, and the keys of that type."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from PySide6.QtWidgets import QVBoxLayout

from gui.forms.choice_editor import ChoiceEditor
from gui.forms.editors import Editor
from gui.forms.fields import fields_of
from gui.forms.table_editor import Make, TableEditor
from netspec.registry import plugins


class PluginEditor(Editor):
    """A plug-in by its name, or as a table with the settings that differ from its defaults."""

    def __init__(self, package: str, make: Make, *, shorthand: bool) -> None:
        super().__init__()
        self.package, self._make, self._shorthand, self._value = package, make, shorthand, None
        self.types = ChoiceEditor(list(plugins(package)))
        self.table: TableEditor | None = None
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self._column.addWidget(self.types)
        self._row.addLayout(self._column)
        self.setFocusProxy(self.types.box)
        self._kind, self._name = "", ""
        self.types.entered.connect(self._choose)

    def set_name(self, name: str) -> None:
        self._name = name
        self.types.set_name(name)
        if self.table is not None:
            self.table.set_name(name)

    def show_value(self, value: Any) -> None:
        self._value = value
        kind = value.get("type") if isinstance(value, dict) else value
        self.types.show_value(kind)
        self._show_keys(kind if isinstance(kind, str) else "")
        if self.table is not None:
            self.table.show_value(value if isinstance(value, dict) else {})

    def show_mixed(self) -> None:
        self.types.show_mixed()
        self._show_keys("")

    def is_busy(self) -> bool:
        return self.table is not None and self.table.is_busy()

    def _show_keys(self, kind: str) -> None:
        if kind == self._kind:
            return
        self._kind = kind
        if self.table is not None:
            self._column.removeWidget(self.table)
            self.table.deleteLater()
            self.table = None
        plugin: type[BaseModel] | None = plugins(self.package).get(kind)
        fields = [field for field in fields_of(plugin).values() if field.key != "type"] if plugin else []
        if fields:
            self.table = TableEditor(fields, self._make, {"type": kind})
            self.table.set_name(self._name)
            self._column.addWidget(self.table)
            self.table.entered.connect(self._enter)
            self.table.refused.connect(self.refused)

    def _choose(self, kind: str) -> None:
        self.entered.emit(kind if self._shorthand else {"type": kind})

    def _enter(self, table: dict[str, Any]) -> None:
        is_bare = self._shorthand and set(table) == {"type"}
        self.entered.emit(table["type"] if is_bare else table)
