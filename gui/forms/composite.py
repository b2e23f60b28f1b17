"""Fields for values of several parts or several kinds: pairs, small tables, unions, plug-ins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui.forms.editors import ChoiceEditor, Combo, Editor, NamesEditor, NumberEditor, TextEditor, simple_editor
from gui.forms.fields import (
    Boolean,
    Choice,
    Field,
    Free,
    Integer,
    Kind,
    Number,
    Part,
    Several,
    Text,
    Typed,
    TypeName,
    fields_of,
)  # fmt: skip
from gui.forms.icons import icon
from gui.forms.values import is_expression, takes
from netspec.registry import plugins

AXES = ("height", "width")
MORE = ("text", "as text")


class PairEditor(Editor):
    """[height, width]; linked: one number for both."""

    def __init__(self, item: Integer | Number, *, can_link: bool, default: Any = None) -> None:
        super().__init__()
        self.parts = [NumberEditor(item, default if not isinstance(default, list) else default[i]) for i in (0, 1)]
        self.link = QToolButton()
        self.link.setCheckable(True)
        self.link.setAutoRaise(True)
        self.link.setIcon(icon("link"))
        self.link.setToolTip("The same for height and width")
        self.link.setAccessibleName("The same for height and width")
        self._can_link, self._value = can_link, None
        self._add(self.parts[0])
        self._add(self.link, 0)
        self.link.setVisible(can_link)  # not before: without a parent it would be a window and take the focus
        self._add(self.parts[1])
        for place, part in enumerate(self.parts):
            part.entered.connect(partial(self._enter, place))
            part.refused.connect(self.refused)
        self.link.clicked.connect(self._switch)

    def set_name(self, name: str) -> None:
        for part, axis in zip(self.parts, AXES if self._can_link else ("first", "second"), strict=True):
            part.set_name(f"{name} {axis}")
        super().set_name(name)

    def show_value(self, value: Any) -> None:
        self._value = value
        is_pair = isinstance(value, list) and len(value) == 2
        first, second = value if is_pair else (value, value)
        self.link.setChecked(not is_pair)
        self.parts[0].show_value(first)
        self.parts[1].show_value(second)
        self.parts[1].setEnabled(is_pair or not self._can_link)

    def show_mixed(self) -> None:
        self._value = None
        for part in self.parts:
            part.show_mixed()

    def is_busy(self) -> bool:
        return any(part.is_busy() for part in self.parts)

    def _enter(self, place: int, number: Any) -> None:
        if self._can_link and self.link.isChecked():
            self.entered.emit(number)
            return
        old = self._value if isinstance(self._value, list) else [self._value, self._value]
        self.entered.emit([number if i == place else item for i, item in enumerate(old)])

    def _switch(self, is_linked: bool) -> None:
        value = self._value
        if is_linked and isinstance(value, list):
            self.entered.emit(value[0])
        elif not is_linked and not isinstance(value, list) and value is not None:
            self.entered.emit([value, value])


class TableEditor(Editor):
    """The keys of a small table, each with its field; keys at their defaults are left out of the value."""

    def __init__(self, fields: Sequence[Field], start: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.fields = {field.key: field for field in fields}
        self.editors = {field.key: make_editor(field) for field in fields}
        self._start, self._value = dict(start or {}), dict[str, Any]()
        holder, grid = QWidget(), QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        holder.setLayout(grid)
        for row, (key, editor) in enumerate(self.editors.items()):
            label = QLabel(key)
            label.setObjectName("secondary")
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

    def _enter(self, key: str, value: Any) -> None:
        table = {**self._start, **self._value, key: value}
        field = self.fields[key]
        if value == field.default and not field.is_required:
            del table[key]
        self.entered.emit(table)


@dataclass(frozen=True)
class Form:
    """One way to write a value. start: what is entered when it is chosen; None: nothing yet."""

    name: str
    make: Callable[[], Editor] | None
    takes: Callable[[Any], bool]
    start: Any = None


class UnionEditor(Editor):
    """A value that may be of several kinds: a box to choose the kind, and its field."""

    def __init__(self, forms: Sequence[Form]) -> None:
        super().__init__()
        self.forms = list(forms)
        self.box = Combo()
        self.box.addItems([form.name for form in self.forms])
        self.editors = [form.make() if form.make else None for form in self.forms]
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.box)
        for editor in self.editors:
            if editor is not None:
                column.addWidget(editor)
                editor.hide()
                editor.entered.connect(self.entered)
                editor.refused.connect(self.refused)
        self._add(holder)
        self.setFocusProxy(self.box)
        self.box.activated.connect(self._choose)
        self._shown = -1

    def set_name(self, name: str) -> None:
        self.box.setAccessibleName(f"{name}: kind")
        for editor in self.editors:
            if editor is not None:
                editor.set_name(name)

    def show_value(self, value: Any) -> None:
        place = next((i for i, form in enumerate(self.forms) if form.takes(value)), len(self.forms) - 1)
        if self.is_busy() and place == self._shown:
            return
        self._show(place)
        editor = self.editors[place]
        if editor is not None:
            editor.show_value(value)

    def show_mixed(self) -> None:
        self.box.setPlaceholderText("mixed")
        self.box.setCurrentIndex(-1)
        self._shown = -1
        self._show_editor(None)

    def is_busy(self) -> bool:
        editor = self.editors[self._shown] if self._shown >= 0 else None
        return editor is not None and editor.is_busy()

    def _show(self, place: int) -> None:
        self._shown = place
        self.box.setCurrentIndex(place)
        self._show_editor(self.editors[place])

    def _show_editor(self, wanted: Editor | None) -> None:
        for editor in self.editors:
            if editor is not None:
                editor.setVisible(editor is wanted)

    def _choose(self, place: int) -> None:
        form = self.forms[place]
        if place == self._shown:
            return
        self._show(place)
        editor = self.editors[place]
        if form.start is not None:
            self.entered.emit(form.start)
        elif editor is not None:
            editor.show_value(None)
            editor.setFocus(Qt.FocusReason.OtherFocusReason)


class PluginEditor(Editor):
    """A plug-in by its name, or as a table with the settings that differ from its defaults."""

    def __init__(self, package: str, *, shorthand: bool) -> None:
        super().__init__()
        self.package, self._shorthand, self._value = package, shorthand, None
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
            self.table = TableEditor(fields, {"type": kind})
            self.table.set_name(self._name)
            self._column.addWidget(self.table)
            self.table.entered.connect(self._enter)
            self.table.refused.connect(self.refused)

    def _choose(self, kind: str) -> None:
        self.entered.emit(kind if self._shorthand else {"type": kind})

    def _enter(self, table: dict[str, Any]) -> None:
        is_bare = self._shorthand and set(table) == {"type"}
        self.entered.emit(table["type"] if is_bare else table)


def make_editor(field: Field, words: Sequence[str] = ()) -> Editor:
    """The field that fits what a key may hold. words: names to propose."""
    simple = simple_editor(field, words)
    if simple is not None:
        return simple
    kinds = field.kinds
    pair = field.kind(Several)
    if pair is not None and _is_pair(pair):
        number = field.kind(Integer) or field.kind(Number)
        rest = [kind for kind in kinds if kind not in (pair, number)]
        if not rest:
            return PairEditor(pair.item, can_link=number is not None, default=field.default)
    if len(kinds) == 1:
        return _single(kinds[0], words)
    forms = _forms(field)
    return UnionEditor(forms) if forms else TextEditor(kinds, words=words)


def _is_pair(several: Several) -> bool:
    return several.least == several.greatest == 2 and isinstance(several.item, Integer | Number)


def _single(kind: Kind, words: Sequence[str]) -> Editor:
    match kind:
        case Several(item=Text() | Integer() | Number()):
            return NamesEditor((kind,), words)
        case Typed(package=package, shorthand=shorthand):
            return PluginEditor(package, shorthand=shorthand)
        case TypeName(package=package):
            return ChoiceEditor(list(plugins(package)))
        case Part(model=model) if _is_small(kind):
            return TableEditor(list(fields_of(model).values()))
        case Text():
            return TextEditor((kind,), is_plain=True, words=words)
    return TextEditor((kind,))


def _is_small(part: Part) -> bool:
    """Whether the keys of a table can be shown in one column of fields."""
    simple = (Integer, Number, Boolean, Choice)
    return all(len(field.kinds) == 1 and isinstance(field.kinds[0], simple) for field in fields_of(part.model).values())


def _forms(field: Field) -> list[Form]:
    """The ways to write a value of several kinds; [] where a line of text is better."""
    found: list[Form] = []
    pair, number = field.kind(Several), field.kind(Integer) or field.kind(Number)
    if pair is not None and not _is_pair(pair):
        return []
    if number is not None and pair is not None:
        make = partial(PairEditor, pair.item, can_link=True)
        found.append(Form("pixels", make, lambda value: takes(number, value) or takes(pair, value), number.least or 0))
    elif number is not None:
        name = "epochs" if field.key in ("validation_every", "every") else "number"
        found.append(Form(name, partial(NumberEditor, number), partial(takes, number), number.least or 1))
    for kind in field.kinds:
        if isinstance(kind, Choice):
            found += [Form(str(option), None, partial(_is_same, option), option) for option in kind.options]
        elif isinstance(kind, Part) and _is_small(kind):
            fields = list(fields_of(kind.model).values())
            start = {item.key: item.default for item in fields if item.default is not None}
            make_table = partial(TableEditor, fields)
            name = "each side" if "top" in start else "table"
            found.append(Form(name, make_table, lambda value: isinstance(value, dict), start or None))
        elif isinstance(kind, Text | Free | Part | Typed) or (isinstance(kind, Several) and pair is None):
            return []
    other = partial(TextEditor, field.kinds)
    return [*found, Form(MORE[1], other, is_expression)]


def _is_same(option: Any, value: Any) -> bool:
    return type(value) is type(option) and bool(value == option)


