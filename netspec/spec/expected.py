"""What a field of the spec may hold, in words."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from netspec.problems import Path
from netspec.registry import Plugin, PluginField, plugins


def owner_of(path: Path, spec: type[BaseModel], tree: Any) -> type[BaseModel] | None:
    """The model whose field the last key of a path is (or should be)."""
    owner: type[BaseModel] | None = spec
    keys = [step for step in path if not isinstance(step, int)]
    node = tree
    steps = list(path)
    while steps and owner is not None and len([s for s in steps if not isinstance(s, int)]) > 1:
        field = owner.model_fields.get(str(steps.pop(0)))
        node = _inside(node, path[len(path) - len(steps) - 1])
        while steps and isinstance(steps[0], int):
            node = _inside(node, steps.pop(0))
        owner = _model_in(field, node) if field is not None else None
    return owner if keys else spec


def describe(path: Path, spec: type[BaseModel], tree: Any) -> str:
    """What the field at a path may hold: "a whole number from 1 to 65535", "a list of texts"."""
    owner = owner_of(path, spec, tree)
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    field = owner.model_fields.get(key) if owner else None
    if field is None:
        return "another value"
    text = describe_type(field.annotation, field.metadata)
    inner = [step for step in path if isinstance(step, int)]
    is_item = bool(inner) and path[-1] == inner[-1] and isinstance(path[-1], int)
    return _item_of(field) if is_item else text


def describe_type(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    """A type and its bounds in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return describe_type(arguments[0], [*arguments[1:], *metadata])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(describe_type(item, metadata) for item in arguments if item is not type(None)))
    if origin is Literal:
        return " or ".join(f'"{item}"' if isinstance(item, str) else str(item) for item in arguments)
    if origin in (tuple, list):
        return _describe_list(arguments, metadata)
    if origin is dict:
        return f"a table of {describe_type(arguments[0])} = {describe_type(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Plugin):
        return "a table with a type"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a table with {', '.join(annotation.model_fields)}"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return words.get(annotation, "a value") + (_bounds(metadata) if annotation in (int, float) else _length(metadata))


def _describe_list(arguments: tuple[Any, ...], metadata: list[Any] | tuple[Any, ...]) -> str:
    if (len(arguments) == 2 and arguments[1] is Ellipsis) or len(arguments) == 1:
        return f"a list{_length(metadata, 'items')}, each {describe_type(arguments[0])}"
    return f"a list of {len(arguments)}, each {describe_type(arguments[0])}" if arguments else "a list"


def _bounds(metadata: list[Any] | tuple[Any, ...]) -> str:
    text = ""
    for item in _flat(metadata):
        match item:
            case annotated_types.Ge(ge=least):
                text += f" from {least}"
            case annotated_types.Gt(gt=least):
                text += f" above {least}"
            case annotated_types.Le(le=greatest) if _is_telling(greatest):
                text += f" up to {greatest}"
            case annotated_types.Lt(lt=greatest) if _is_telling(greatest):
                text += f" below {greatest}"
    return text


def _is_telling(limit: Any) -> bool:
    """Limits of two thousand millions and more only guard against slips."""
    return not isinstance(limit, int) or limit < 2**31


def _length(metadata: list[Any] | tuple[Any, ...], unit: str = "characters") -> str:
    least = next((item.min_length for item in _flat(metadata) if isinstance(item, annotated_types.MinLen)), None)
    most = next((item.max_length for item in _flat(metadata) if isinstance(item, annotated_types.MaxLen)), None)
    if most is not None:
        return f" of {least or 0} to {most} {unit}" if least else f" of up to {most} {unit}"
    return f" of at least {least} {unit if least > 1 else unit[:-1]}" if least else ""


def _flat(metadata: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Bounds, also those inside of a Field."""
    return [part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item])]


def _item_of(field: FieldInfo) -> str:
    annotation = field.annotation
    arguments = get_args(annotation)
    if get_origin(annotation) is typing.Annotated:
        arguments = get_args(arguments[0])
    lists = [item for item in (annotation, *arguments) if get_origin(item) in (tuple, list)]
    return describe_type(get_args(lists[0])[0]) if lists else describe_type(annotation, field.metadata)


def _model_in(field: FieldInfo, node: Any) -> type[BaseModel] | None:
    """The model of a field's value: by `type` for plug-ins, else the model its annotation names."""
    for package in _packages(field.annotation, field.metadata):
        kind = node.get("type") if isinstance(node, dict) else None
        return plugins(package).get(kind) if isinstance(kind, str) else None
    return next((item for item in _models(field.annotation)), None)


def _packages(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> list[str]:
    found = [item.package for item in metadata if isinstance(item, PluginField)]
    for item in get_args(annotation):
        found += [item.package] if isinstance(item, PluginField) else _packages(item)
    if isinstance(annotation, type) and issubclass(annotation, Plugin) and not found:
        package = annotation.__module__.rpartition(".")[0]
        found.append(package)
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for item in get_args(annotation) for model in _models(item)]


def _inside(node: Any, step: Any) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None
