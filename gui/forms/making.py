"""Which field fits what a key may hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from gui.forms.choice_editor import ChoiceEditor, SwitchEditor
from gui.forms.editors import Editor, NamesEditor, TextEditor
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
from gui.forms.number_editor import NumberEditor
from gui.forms.pair_editor import PairEditor
from gui.forms.plugin_editor import PluginEditor
from gui.forms.table_editor import TableEditor
from gui.forms.transfer_fields import transfer_editor
from gui.forms.union_editor import Form, UnionEditor
from gui.forms.values import is_expression, takes
from netspec.registry import plugins

AS_TEXT = "as text"


def simple_editor(field: Field, words: Sequence[str] = ()) -> Editor | None:
    """The field for a key that holds one kind of simple value; None for others."""
    kind = field.kinds[0]
    if len(field.kinds) > 1:
        return None
    if isinstance(kind, Boolean):
        return SwitchEditor()
    if isinstance(kind, Integer | Number):
        return NumberEditor(kind, field.default)
    return ChoiceEditor(kind.options) if isinstance(kind, Choice) else None


def make_editor(field: Field, words: Sequence[str] = ()) -> Editor:
    """The field that fits what a key may hold. words: names to propose."""
    special = transfer_editor(field, make_editor, words)
    if special is not None:
        return special
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
            return PluginEditor(package, make_editor, shorthand=shorthand)
        case TypeName(package=package):
            return ChoiceEditor(list(plugins(package)))
        case Part(model=model) if _is_small(kind):
            return TableEditor(list(fields_of(model).values()), make_editor)
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
            make_table = partial(TableEditor, fields, make_editor)
            name = "each side" if "top" in start else "table"
            found.append(Form(name, make_table, lambda value: isinstance(value, dict), start or None))
        elif isinstance(kind, Text | Free | Part | Typed) or (isinstance(kind, Several) and pair is None):
            return []
    other = partial(TextEditor, field.kinds)
    return [*found, Form(AS_TEXT, other, is_expression)]


def _is_same(option: Any, value: Any) -> bool:
    return type(value) is type(option) and bool(value == option)
