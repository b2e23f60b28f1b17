"""The reference of the spec language, made from the models that read it: every type and every key."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from netspec.docstrings import field_docs
from netspec.initializers.base import Initializer
from netspec.look import FAMILY_COLOURS
from netspec.registry import Plugin, plugins
from netspec.rendering import toml_value
from netspec.spec.expected import describe_type
from netspec.spec.sections import (
    Checkpoint,
    Discriminative,
    EarlyStopping,
    Input,
    Rates,
    Section,
    Train,
    Transfer,
    Unfreeze,
)  # fmt: skip

BASES = {
    "layers": "Layer",
    "losses": "Loss",
    "metrics": "Metric",
    "optimizers": "Optimizer",
    "schedules": "Schedule",
    "initializers": "Initializer",
    "datasets": "Dataset",
    "augment": "Augmentation",
}
"""Family of plug-ins → the class whose keys all of them have."""
SECTIONS: Mapping[str, type[Section]] = {
    "[input]": Input,
    "[train]": Train,
    "[transfer]": Transfer,
    "[transfer] unfreeze = [{ … }]": Unfreeze,
    "[transfer] rates = [{ … }]": Rates,
    "[transfer] discriminative = { … }": Discriminative,
    "[checkpoint]": Checkpoint,
    "[early_stopping]": EarlyStopping,
}
MARK = re.compile(r"(?m)^(<!-- generated: (\w+) -->\n).*?^(<!-- end -->)$", re.DOTALL)


def reference_markdown(text: str) -> str:
    """The text with what stands between `<!-- generated: NAME -->` and `<!-- end -->` made anew.

    NAME: a family of plug-ins with the keys of its types ("layers"), `list_` and a family for the types in a few lines
    ("list_layers"), or "sections" for the tables of a spec that have no type. Raises KeyError for other names.
    """
    return MARK.sub(lambda match: f"{match[1]}{_part(match[2])}{match[3]}", text)


def _part(name: str) -> str:
    if name == "sections":
        return "\n".join(_section(title, model) for title, model in SECTIONS.items())
    family = name.removeprefix("list_")
    base, types = base_of(family), plugins(f"netspec.{family}")
    return _list(types) if name != family else _keys(base, types)


def _section(title: str, model: type[Section]) -> str:
    return f"`{title}`: {_sentence(model.__doc__)}\n\n{_table('key', _rows(model, ()))}"


def _list(types: Mapping[str, type[Plugin]]) -> str:
    """The types in their groups, if they have such, otherwise with what they are."""
    groups: dict[str, list[str]] = {}
    for name, plugin in types.items():
        groups.setdefault(getattr(plugin, "family", ""), []).append(name)
    if len(groups) == 1:
        rows = ["| type | what it is |", "|---|---|", *(f"| {name} | {_cell(types[name].summary())} |" for name in types)]
    else:
        order = sorted(groups, key=list(FAMILY_COLOURS).index)
        rows = ["| family | types |", "|---|---|", *(f"| {group} | {', '.join(groups[group])} |" for group in order)]
    return "\n".join(rows) + "\n"


def _keys(base: type[Plugin], types: Mapping[str, type[Plugin]]) -> str:
    """The keys that all types have, then those of each."""
    common = _rows(base, ())
    parts = [f"All have\n\n{_table('key', common)}"] if common else []
    rows = []
    for name, plugin in types.items():
        rows += [f"| **{name}** | | | {_cell(plugin.summary())} |", *_rows(plugin, _inherited(plugin, base))]
    return "\n".join([*parts, _table("type, key", rows)])


def _inherited(plugin: type[Plugin], base: type[Plugin]) -> set[str]:
    """Keys of the base that the type leaves as they are."""
    own = plugin.model_fields
    return {key for key, field in base.model_fields.items() if own[key].default == field.default} | {"type"}


def _table(first: str, rows: Iterable[str]) -> str:
    return "\n".join([f"| {first} | value | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


@dataclass(frozen=True)
class Key:
    """A key of a table: what may stand there, its default ("" for none) and what it means, in Markdown."""

    name: str
    holds: str
    default: str
    meaning: str


def keys_of(model: type[BaseModel], but: Iterable[str] = ()) -> list[Key]:
    """The keys of a section or a plug-in, without some."""
    docs, left_out = field_docs(model), set(but)
    return [
        Key(key, _holds(field), _default(field), _sentence(docs.get(key, "")))
        for key, field in model.model_fields.items()
        if key not in left_out
    ]


def own_keys(family: str, plugin: type[Plugin]) -> list[Key]:
    """The keys of a plug-in that not all of its family ("layers") have."""
    return keys_of(plugin, _inherited(plugin, base_of(family)))


def base_of(family: str) -> type[Plugin]:
    """The class whose keys all of a family have."""
    name = BASES[family]
    base: type[Plugin] = getattr(importlib.import_module(f"netspec.{family}.base"), name)
    return base


def _rows(model: type[BaseModel], but: Iterable[str]) -> list[str]:
    return [
        f"| `{key.name}` | {_cell(key.holds)} | {_cell(key.default)} | {_cell(key.meaning)} |"
        for key in keys_of(model, but)
    ]


def _holds(field: FieldInfo) -> str:
    """What may stand there, shorter than in messages: limits that only guard against slips are left out."""
    if Initializer in (field.annotation, *get_args(field.annotation)):
        return "an initializer"
    text = describe_type(field.annotation, field.metadata)
    text = re.sub(r" up to \d{5,}\b", "", text).replace("of 1 to 1 characters", "of 1 character").replace("True", "true")
    text = re.sub(r"^(.+?) or a list of 2, each \1", r"\1 or a list of 2", text)
    text = re.sub(r"(\d)\.0\b", r"\1", text).replace('" or "', '", "')
    return re.sub(r'"[^"]*"', lambda match: f"`{match[0]}`", text)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_none=True)
    return "" if value is None else f"`{toml_value(list(value) if isinstance(value, tuple) else value)}`"


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str) -> str:
    return _sentence(text).replace("|", "\\|")
