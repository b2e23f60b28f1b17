"""What the keys of a table may hold, read from the pydantic models: what forms are built from and completion offers."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from netspec.docstrings import field_docs
from netspec.registry import Plugin, PluginField
from netspec.spec.sections import Every

TELLING = 2**31
"""Limits from here on only guard against slips of the keyboard."""


@dataclass(frozen=True)
class Integer:
    """A whole number, both limits included; None: no limit worth telling."""

    least: int | None = None
    greatest: int | None = None


@dataclass(frozen=True)
class Number:
    """A number; `above` and `below` say that the limit itself is not allowed."""

    least: float | None = None
    greatest: float | None = None
    above: bool = False
    below: bool = False


@dataclass(frozen=True)
class Boolean:
    """true or false."""


@dataclass(frozen=True)
class Text:
    """Any text."""


@dataclass(frozen=True)
class Choice:
    """One of a few texts or numbers."""

    options: tuple[str | int, ...]


@dataclass(frozen=True)
class Several:
    """A list; least == greatest for pairs, greatest None for lists of any length."""

    item: Kind
    least: int = 0
    greatest: int | None = None


@dataclass(frozen=True)
class Part:
    """A table with the keys of a model."""

    model: type[BaseModel]


@dataclass(frozen=True)
class Typed:
    """A table with a `type` that is one of a family of plug-ins; shorthand: the bare name of a type will do."""

    package: str
    shorthand: bool = False


@dataclass(frozen=True)
class TypeName:
    """The name of one of a family of plug-ins: what `type` holds."""

    package: str


@dataclass(frozen=True)
class Free:
    """A table with keys of the user's own; what each holds."""

    item: Kind | None = None


Kind = Integer | Number | Boolean | Text | Choice | Several | Part | Typed | TypeName | Free


@dataclass(frozen=True)
class Field:
    """One key. kinds: what it may hold, the usual first. default: as TOML and JSON write it; None: there is none."""

    key: str
    kinds: tuple[Kind, ...]
    doc: str = ""
    is_required: bool = False
    default: Any = None

    def kind(self, wanted: type[Any]) -> Any | None:
        """The first kind of this class."""
        return next((kind for kind in self.kinds if isinstance(kind, wanted)), None)


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Field]:
    """The keys of a model, in its order."""
    docs = field_docs(model)
    return {key: _field(key, info, docs.get(key, "")) for key, info in model.model_fields.items()}


def _field(key: str, info: FieldInfo, doc: str) -> Field:
    kinds = _merged(_kinds(info.annotation, tuple(info.metadata)))
    return Field(key, kinds, doc, info.is_required(), None if info.is_required() else _plain(info.default))


def _plain(value: Any) -> Any:
    if isinstance(value, Every) and value.steps is None:
        return value.epochs  # the short way to write it
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True, exclude_defaults=not isinstance(value, Plugin))
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return None if value is PydanticUndefined else value


def _kinds(annotation: Any, metadata: tuple[Any, ...]) -> list[Kind]:
    """The members of a union, the rest alone; None says only that the key may be missing."""
    metadata = tuple(part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item]))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return _kinds(arguments[0], (*arguments[1:], *metadata))
    for item in metadata:
        if isinstance(item, PluginField):
            return [Typed(item.package, item.shorthand)]
        if isinstance(item, BeforeValidator) and item.json_schema_input_type is not PydanticUndefined:
            return _kinds(item.json_schema_input_type, ())
    if origin in (typing.Union, types.UnionType):
        return [kind for item in arguments if item is not type(None) for kind in _kinds(item, metadata)]
    if origin is Literal:
        is_switch = all(isinstance(item, bool) for item in arguments)
        return [Boolean() if is_switch else Choice(tuple(arguments))]
    if origin in (tuple, list):
        return [_several(arguments, metadata)]
    return [_single(annotation, metadata)]


def _several(arguments: tuple[Any, ...], metadata: tuple[Any, ...]) -> Several:
    item = _kinds(arguments[0], ())[0]
    if len(arguments) > 1 and arguments[1] is not Ellipsis:
        return Several(item, len(arguments), len(arguments))
    least = next((found.min_length for found in metadata if isinstance(found, annotated_types.MinLen)), 0)
    most = next((found.max_length for found in metadata if isinstance(found, annotated_types.MaxLen)), None)
    return Several(item, least, most)


def _single(annotation: Any, metadata: tuple[Any, ...]) -> Kind:
    if annotation is bool:
        return Boolean()
    if annotation is int:
        return _integer(metadata)
    if annotation is float:
        return _number(metadata)
    if isinstance(annotation, type) and issubclass(annotation, Plugin):
        return Typed(annotation.__module__.rpartition(".")[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Part(annotation)
    if get_origin(annotation) is dict:
        return Free(Text()) if get_args(annotation)[1] is str else Free()
    return Free() if annotation is dict else Text()


def _integer(metadata: tuple[Any, ...]) -> Integer:
    found = Integer()
    for item in metadata:
        match item:
            case annotated_types.Ge(ge=int(least)):
                found = replace(found, least=least)
            case annotated_types.Le(le=int(most)) if most < TELLING:
                found = replace(found, greatest=most)
    return found


def _number(metadata: tuple[Any, ...]) -> Number:
    found = Number()
    for item in metadata:
        match item:
            case annotated_types.Ge(ge=limit):
                found = replace(found, least=float(str(limit)))
            case annotated_types.Gt(gt=limit):
                found = replace(found, least=float(str(limit)), above=True)
            case annotated_types.Le(le=limit):
                found = replace(found, greatest=float(str(limit)))
            case annotated_types.Lt(lt=limit):
                found = replace(found, greatest=float(str(limit)), below=True)
    return found


def _merged(kinds: list[Kind]) -> tuple[Kind, ...]:
    """Each kind once; several sets of options are one."""
    options = tuple(option for kind in kinds if isinstance(kind, Choice) for option in kind.options)
    rest = [kind for kind in dict.fromkeys(kinds) if not isinstance(kind, Choice)]
    return (*rest, Choice(options)) if options and rest else (Choice(options),) if options else tuple(rest)


def describe(kind: Kind) -> str:
    """What a kind is, in a few words: "whole number ≥ 1", "[height, width]"."""
    match kind:
        case Integer(least=least, greatest=greatest):
            return f"whole number{_limits(least, greatest)}"
        case Number(least=least, greatest=greatest, above=above, below=below):
            return f"number{_limits(least, greatest, above=above, below=below)}"
        case Boolean():
            return "true or false"
        case Text():
            return "text"
        case Choice(options=options):
            return ", ".join(f'"{item}"' if isinstance(item, str) else str(item) for item in options)
        case Several(least=2, greatest=2):
            return "pair"
        case Several(item=item):
            return f"list of {PLURALS.get(type(item), 'tables')}"
        case Part(model=model):
            return f"table with {', '.join(model.model_fields)}"
        case Typed(package=package, shorthand=shorthand):
            return ("a name, or a table with type" if shorthand else "table with type") + f" ({package.rpartition('.')[2]})"
        case TypeName(package=package):
            return f"one of the {package.rpartition('.')[2]}"
    return "table"


PLURALS = {Text: "texts", Integer: "whole numbers", Number: "numbers"}
SLIP = 10_000
"""Greater limits are not told either: nobody comes near them on purpose."""


def _limits(least: float | None, greatest: float | None, *, above: bool = False, below: bool = False) -> str:
    lower = "" if least is None else f"{'>' if above else '≥'} {least:g}"
    upper = "" if greatest is None or greatest > SLIP else f"{'<' if below else '≤'} {greatest:g}"
    return f" {lower}{', ' if lower and upper else ''}{upper}" if lower or upper else ""
