"""The rows of a table: made once for its keys, then shown again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.forms.around import Around
from gui.forms.fields import Field
from gui.forms.manners import Manners, teach
from gui.forms.row import FieldRow, Shown
from netspec.problems import Problem

MISSING = object()


class TableForm(QWidget):
    """`entered` carries a key and its new value, `reset` a key."""

    entered = Signal(str, object)
    reset = Signal(str)

    def __init__(
        self, groups: Mapping[str, Sequence[Field]], words: Mapping[str, Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows: dict[str, FieldRow] = {}
        self._manners = Manners(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for title, fields in groups.items():
            if title and fields:
                head = QLabel(title)
                head.setObjectName("formGroup")
                column.addWidget(head)
            for field in fields:
                row = FieldRow(field, words.get(field.key, ()))
                row.entered.connect(lambda value, key=field.key: self.entered.emit(key, value))
                row.reset.connect(lambda key=field.key: self.reset.emit(key))
                teach(row, self._manners)
                self.rows[field.key] = row
                column.addWidget(row)

    def stops(self) -> list[QWidget]:
        """What Tab goes through: of each row the field, then the button that takes it back."""
        return [widget for row in self.rows.values() for widget in (row.editor, row.reset_button)]

    def show_values(self, shown: Mapping[str, Shown], problems: Mapping[str, Sequence[Problem]]) -> None:
        """Show what each key says, and what is wrong with it."""
        for key, row in self.rows.items():
            row.show_value(shown.get(key, Shown(row.field.default)), problems.get(key, ()))

    def forget(self) -> None:
        """Another table is shown from now on: what was begun in the fields belonged to the one before."""
        for row in self.rows.values():
            row.forget()

    def set_words(self, key: str, words: Sequence[str]) -> None:
        """Names to propose at a key."""
        if key in self.rows:
            self.rows[key].set_words(words)

    def take_around(self, around: Around) -> None:
        """What stands in the text around the table."""
        for row in self.rows.values():
            row.take_around(around)

    def refuse(self, key: str, reason: str) -> None:
        """Say at a key why its new value was not taken."""
        if key in self.rows:
            self.rows[key].refuse(reason)

    def go_to(self, key: str) -> bool:
        """Put the cursor into the field of a key."""
        row = self.rows.get(key)
        if row is not None:
            row.editor.setFocus()
        return row is not None


def shown_values(
    fields: Mapping[str, Field], tables: Sequence[Mapping[str, Any]], resolved: Sequence[Mapping[str, Any]], origin: str = ""
) -> dict[str, Shown]:
    """What the keys of several tables say. tables: as they are written; resolved: with what is inherited and worked out."""
    return {key: _shown(field, tables, resolved, origin) for key, field in fields.items()}


def _shown(
    field: Field, tables: Sequence[Mapping[str, Any]], resolved: Sequence[Mapping[str, Any]], origin: str
) -> Shown:
    values = [table.get(field.key, MISSING) for table in tables]
    results = [table.get(field.key, MISSING) for table in resolved]
    is_set = any(value is not MISSING for value in values)
    found = [
        value if value is not MISSING else result if result is not MISSING else field.default
        for value, result in zip(values, results, strict=True)
    ]
    is_mixed = any(value != found[0] or type(value) is not type(found[0]) for value in found)
    is_inherited = not is_set and any(result is not MISSING for result in results)
    same = bool(results) and all(result == results[0] for result in results) and results[0] is not MISSING
    return Shown(found[0] if not is_mixed else None, is_set, is_mixed, origin if is_inherited else "",
                 results[0] if same else None)  # fmt: skip


def key_problems(problems: Sequence[Problem], depth: int) -> dict[str, list[Problem]]:
    """Problems by key; those of the table as a whole under "". depth: steps of a problem's path before the key."""
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        key = problem.path[depth] if len(problem.path) > depth else ""
        found.setdefault(str(key), []).append(problem)
    return found
