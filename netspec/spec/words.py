"""pydantic's findings → problems in the user's words: the value, what is allowed, one remedy."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from netspec.docstrings import field_docs
from netspec.problems import Path, Problem, Span, error, spell
from netspec.spec.expected import describe, owner_of
from netspec.spec.marks import Array, Table, locate
from netspec.spec.suggest import FOREIGN_KEYS, did_you_mean, foreign
from netspec.spec.unknown_words import key_of, plugin_type, unknown_key

WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text in quotes",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
}
BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "below"),
}


def problems_in_words(errors: Sequence[ErrorDetails], tree: Table, spec: type[BaseModel]) -> list[Problem]:
    """One problem for each place; missing keys are not reported where a foreign word for them stands."""
    places: dict[Path, list[ErrorDetails]] = {}
    for item in errors:
        places.setdefault(_tree_path(item, tree), []).append(item)
    places = {path: items for path, items in places.items() if not _is_echo(path, items[0], tree)}
    foreign_words = {(*path[:-1], name) for path in places for name in _netspec_words(path, places[path], spec, tree)}
    return [
        _problem(path, items, tree, spec)
        for path, items in places.items()
        if not (items[0]["type"] == "missing" and path in foreign_words)
    ]


def _is_echo(path: Path, item: ErrorDetails, tree: Any) -> bool:
    """A list is not too short because some of its items are wrong, which pydantic leaves out before counting."""
    if item["type"] != "too_short":
        return False
    for step in path:
        tree = tree[step]
    return isinstance(tree, list) and len(tree) >= int(item["ctx"]["min_length"])


def named_path(path: Path, tree: Table) -> Path:
    """Indexes of layers → their names."""
    if len(path) >= 2 and path[0] == "layers" and isinstance(path[1], int):
        layers = tree.get("layers")
        entry = layers[path[1]] if isinstance(layers, list) and path[1] < len(layers) else None
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and name:
            return ("layers", name, *path[2:])
    return path


def _tree_path(item: ErrorDetails, tree: Any) -> Path:
    """pydantic's location without the names of union members, which are not in the tree."""
    path: Path = ()
    for position, step in enumerate(item["loc"]):
        is_last = position == len(item["loc"]) - 1
        if isinstance(tree, Table) and step in tree:
            tree = tree[str(step)]
        elif isinstance(tree, Array) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        elif not (is_last and item["type"] == "missing"):
            continue
        path = (*path, step)
    return path


def _netspec_words(path: Path, items: list[ErrorDetails], spec: type[BaseModel], tree: Table) -> tuple[str, ...]:
    """What an unknown key at this path is called in netspec."""
    if items[0]["type"] != "extra_forbidden" or not path:
        return ()
    owner = owner_of(path, spec, tree)
    fields = owner.model_fields if owner else ()
    near = did_you_mean(str(path[-1]), fields)
    return (*foreign(str(path[-1]), FOREIGN_KEYS, fields), *([near] if near else []))


def _problem(path: Path, items: list[ErrorDetails], tree: Table, spec: type[BaseModel]) -> Problem:
    kind, where, key = items[0]["type"], named_path(path, tree), key_of(path)
    if kind == "missing":
        return _missing(path, where, tree, spec)
    if kind == "extra_forbidden":
        return unknown_key(path, where, tree, spec)
    span, value = locate(tree, path), items[0]["input"]
    if kind == "plugin_type":
        return plugin_type(items[0], path, where, tree)
    if len(items) > 1:  # no member of a union takes it
        wanted = describe(path, spec, tree)
        choices = [choice for item in items if item["type"] == "literal_error" for choice in _choices(item)]
        near = did_you_mean(value, choices) if isinstance(value, str) else None
        if near:
            return error(
                "NS105", where, span, f"{key} is {spell(value)}, but must be {wanted}", f'did you mean "{near}"?'
            )
        return error("NS107", where, span, f"{key} is {spell(value)}, but must be {wanted}", _example(path, spec, tree))
    if kind in WANTED:
        is_part = WANTED[kind] == "a table" and len(path) > 1 and isinstance(path[-1], str)
        if is_part:
            wanted = describe(path, spec, tree)
            hint = f"write {path[-1]} = {{ {wanted.rpartition(' with ')[2].partition(',')[0]} = … }}"
            return error("NS103", where, span, f"{key} is {spell(value)}, but must be {wanted}", hint)
        return _wrong_kind(kind, where, span, key, value)
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        limit = items[0]["ctx"][name]
        message = (
            f"{key} is {spell(value)}, but must be {words} {limit:g}"
            if isinstance(limit, float)
            else (f"{key} is {spell(value)}, but must be {words} {limit}")
        )
        return error("NS104", where, span, message, f"use {describe(path, spec, tree)}")
    if kind == "literal_error":
        return _not_a_choice(items[0], where, span, key)
    return _other(items[0], where, span, key, path, spec, tree)


def _missing(path: Path, where: Path, tree: Table, spec: type[BaseModel]) -> Problem:
    if isinstance(path[-1], int):
        return _too_few(path[:-1], where[:-1], tree, spec)
    key, owner = str(path[-1]), owner_of(path, spec, tree)
    doc = field_docs(owner).get(key, "").split(". ")[0].rstrip(".") if owner else ""
    span = locate(tree, (*path[:-1], "name")) or locate(tree, path)
    if path in (("layers",), ("inputs",)):
        hint = "add [[layers]]" if path == ("layers",) else "add [input] with shape = [C, H, W] or [F]"
        return error("NS102", where, span, f"there is no {'input' if path == ('inputs',) else 'layer'}", hint)
    if path[0] in ("layers", "inputs") and key == "name":
        return error("NS102", where, span, "name is missing", 'add name = "…"; layers read each other by name')
    what = doc[:1].lower() + doc[1:] if doc else describe(path, spec, tree)
    return error("NS102", where, span, f"{key_of(path)} is missing", f"add {key} = … ({what})")


def _too_few(path: Path, where: Path, tree: Table, spec: type[BaseModel]) -> Problem:
    value: Any = tree
    for step in path:
        value = value[step]
    message = f"{key_of(path)} is {spell(value)}, but must be {describe(path, spec, tree)}"
    return error("NS107", where, locate(tree, path), message, "add what is missing")


def _wrong_kind(kind: str, where: Path, span: Span | None, key: str, value: Any) -> Problem:
    wanted, name = WANTED[kind], key.rpartition(".")[2]
    if wanted == "a whole number" and isinstance(value, float) and value.is_integer():
        hint = f"write {name} = {int(value)}"
    elif wanted in ("a whole number", "a number") and isinstance(value, str) and _is_number(value):
        hint = f"write {name} = {value} without quotes"
    elif wanted == "a list" and isinstance(value, bool):
        hint = f"name what is meant, {name} = […]" if value else f"leave {name} out"
    elif wanted == "a list" and isinstance(value, str | int | float):
        hint = f"write {name} = [{spell(value)}]"
    elif wanted == "a list":
        hint = f"write [[{name}]] with double brackets, once for each" if isinstance(value, dict) else "use [ and ]"
    elif wanted == "a table":
        hint = f"write [{name}] and its keys below it"
    elif wanted == "true or false":
        hint = f"write {name} = {'false' if value in (0, 'no', 'off', 'false', 'False') else 'true'}"
    elif wanted == "text in quotes":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        hint = f'write {name} = "{value}"' if is_number else f'write {name} = "…"'
    else:
        hint = f"give a number, such as {name} = {1 if wanted == 'a whole number' else 0.1}"
    return error("NS103", where, span, f"{key} is {spell(value)}, but must be {wanted}", hint)


def _not_a_choice(item: ErrorDetails, where: Path, span: Span | None, key: str) -> Problem:
    value = item["input"]
    choices = _choices(item)
    if key == "spec_version":
        message = f"spec_version is {spell(value)}, but this netspec reads version {choices[0]}"
        hint = f"write spec_version = {choices[0]}, or install the netspec it needs"
        return error("NS109", where, span, message, hint)
    near = did_you_mean(value, choices) if isinstance(value, str) else None
    if choices == ["True"]:
        return error("NS105", where, span, f"{key} is {spell(value)}, but must be true", "leave it out")
    message = f"{key} is {spell(value)}, but must be {_one_of(choices)}"
    stem = value.strip(string.digits) if isinstance(value, str) else None
    alike = [choice for choice in choices if choice.strip(string.digits) == stem]
    if len(alike) > 1:  # which number is nearer says nothing: float16 is no slip for float64
        return error("NS105", where, span, message, f"choose {_one_of(alike)}")
    return error("NS105", where, span, message, f'did you mean "{near}"?' if near else f'write {key} = "{choices[0]}"')


def _choices(item: ErrorDetails) -> list[str]:
    """The words that a literal allows."""
    return [choice.strip("'") for choice in item["ctx"]["expected"].replace(" or ", ", ").split(", ")]


def _one_of(choices: list[str]) -> str:
    quoted = [f'"{choice}"' for choice in choices]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _other(
    item: ErrorDetails, where: Path, span: Span | None, key: str, path: Path, spec: type[BaseModel], tree: Table
) -> Problem:
    kind, value = item["type"], item["input"]
    if kind == "string_pattern_mismatch":
        message = f"{key} is {spell(value)}, but may only hold letters, digits, _ and -, in parts joined by dots"
        return error("NS107", where, span, message, 'write something like "conv1" or "layer1.0.conv1"')
    if kind in ("too_short", "too_long", "string_too_short", "string_too_long"):
        message = f"{key} is {spell(value)}, but must be {describe(path, spec, tree)}"
        return error("NS107", where, span, message, "shorten it" if "long" in kind else "add what is missing")
    if kind == "finite_number":
        return error("NS104", where, span, f"{key} is {spell(value)}", "give a finite number")
    text = str(item["ctx"]["error"]) if "error" in item.get("ctx", {}) else item["msg"]
    message, _, hint = text.partition("; ")
    if kind not in ("value_error", "assertion_error"):
        return error("NS107", where, span, f"{key} {message}", hint or "correct the value")
    is_inside = len(path) > (2 if isinstance(path[1:2] and path[1], int) or len(path) < 2 else 1)
    return error("NS108", where, span, f"{key}: {message}" if is_inside else message, hint or "correct the value")


def _example(path: Path, spec: type[BaseModel], tree: Table) -> str:
    owner = owner_of(path, spec, tree)
    names = [str(step) for step in path if isinstance(step, str)]
    field = owner.model_fields.get(names[-1]) if owner and names else None
    if field is not None and not field.is_required() and isinstance(field.default, bool | int | float | str):
        return f"write {names[-1]} = {spell(field.default)}"
    return "change the value"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
