"""What may be typed where the cursor stands: keys of the table, values of the key, names of layers, headers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gui.forms.fields import Boolean, Choice, Field, Free, Kind, Part, Typed, TypeName
from gui.forms.tables import LAYERS, Keys, field_at, keys_at, kinds_at
from gui.text.names import names_for, variables_at
from gui.text.scan import Scan, Value, Zone, scan
from netspec.problems import Path
from netspec.registry import plugins
from netspec.rendering import toml_value
from netspec.spec.source import Format

ARRAYS = ("layers", "losses", "optimizers", "inputs")
"""Sections that are lists of tables: [[layers]]."""


@dataclass(frozen=True)
class Item:
    """One proposal. text: what is inserted; sort: "key", "type", "name", "value" or "section"; detail: beside it."""

    label: str
    text: str
    sort: str
    detail: str = ""
    doc: str = ""
    kind: str = ""
    """The plug-in's type, for its colour."""


@dataclass(frozen=True)
class Completion:
    """Proposals for the text from start to end; `typed` is what already stands there before the cursor."""

    start: int
    end: int
    typed: str
    items: tuple[Item, ...]


NOTHING = Completion(0, 0, "", ())


def complete(text: str, format: Format, position: int) -> Completion:
    """What fits at a position, best first."""
    found = scan(text, format)
    zone = found.zone(position)
    if zone.sort == "comment":
        return NOTHING
    expression = _in_expression(found, zone, position)
    if expression is not None:
        return expression
    if zone.sort == "header":
        return _headers(found, position)
    return _keys(found, zone, position) if zone.sort == "keys" else _values(found, zone, position)


def _keys(found: Scan, zone: Zone, position: int) -> Completion:
    """Keys that the table does not have yet; at the start of a line of TOML also sections."""
    start, end = _word(found.text, position)
    if found.format == "json":
        start, end = _with_quotes(found.text, start, end)
    tree = found.tree
    keys = keys_at(zone.path, tree)
    table = found.at(zone.path)
    typed = found.text[start:position].strip('"')
    if keys is None or not _is_place_for_key(found, start):
        return NOTHING
    here = found.text[start:end].strip('"')
    taken = set(table.entries) - {here} if table else set()
    has_value = found.text[end:].lstrip(" \t")[:1] in ("=", ":") and found.text[end:].lstrip(" \t") != ""
    items = [_key_item(field, found.format, has_value) for field in keys.fields.values() if field.key not in taken]
    items = _required_first(items, keys)
    if zone.path == () and found.format == "toml":
        sections = {item.label.strip("[]."): item for item in _sections(found, "")}
        items = [sections.get(item.label, item) for item in items]
    return _chosen(start, end, typed, items)


def _is_place_for_key(found: Scan, start: int) -> bool:
    """Keys stand at the start of a line, or behind a brace or a comma."""
    line = found.text[found.text.rfind("\n", 0, start) + 1 : start].rstrip()
    return not line or line[-1] in "{,"


def _required_first(items: Iterable[Item], keys: Keys) -> list[Item]:
    return sorted(items, key=lambda item: not keys.fields[item.label].is_required)


def _key_item(field: Field, format: Format, has_value: bool) -> Item:
    key, mark = (f'"{field.key}"', ": ") if format == "json" else (field.key, " = ")
    text = key if has_value else key + mark
    return Item(field.key, text, "key", _detail(field), field.doc)


def _detail(field: Field) -> str:
    if field.is_required:
        return "required"
    return "" if field.default in (None, [], {}) else f"default {toml_value(field.default)}"


def _values(found: Scan, zone: Zone, position: int) -> Completion:
    """Values of a key, or items of its list."""
    start, end, is_quoted = _value_word(found, zone, position)
    typed = found.text[start:position].lstrip('"')
    tree = found.tree
    items = list(_value_items(zone.path, tree, found))
    if is_quoted:
        items = [item for item in items if item.text.startswith('"')]
    return _chosen(start, end, typed, items)


def _value_items(path: Path, tree: Any, found: Scan) -> Iterable[Item]:
    field = field_at(path, tree)
    names = names_for(path, found)
    if names:
        there = {item.text for item in _neighbours(path, found)}
        names = [name for name in names if json.dumps(name[0]) not in there]
        yield from (Item(name, json.dumps(name), "name", detail, kind=kind) for name, detail, kind in names)
        return
    default = field.default if field is not None and not isinstance(path[-1], int) else None
    seen = set()
    for kind in kinds_at(path, tree):
        for item in _items_of(kind, path, tree):
            seen.add(item.text)
            is_default = default is not None and item.text == toml_value(default)
            yield Item(item.label, item.text, item.sort, "default" if is_default else item.detail, item.doc, item.kind)
    is_plain = isinstance(default, bool | int | float | str)
    if is_plain and toml_value(default) not in seen and not (field and field.key == "type"):
        yield Item(toml_value(default).strip('"'), toml_value(default), "value", "default", field.doc if field else "")


def _neighbours(path: Path, found: Scan) -> list[Value]:
    """The other items of the list that holds a value."""
    holder = found.at(path[:-1]) if isinstance(path[-1], int) else None
    return [item for item in holder.items if item.path != path] if holder else []


def _items_of(kind: Kind, path: Path, tree: Any) -> Iterable[Item]:
    match kind:
        case Boolean():
            yield from (Item(word, word, "value") for word in ("true", "false"))
        case Choice(options=options):
            yield from (Item(str(option), json.dumps(option), "value") for option in options)
        case TypeName(package=package):
            yield from _types(package)
            if package == LAYERS:
                yield Item("block", '"block"', "type", "", "A block of layers, defined under [blocks.NAME].")
        case Typed(package=package, shorthand=True):
            yield from _types(package)


def _types(package: str) -> Iterable[Item]:
    for name, plugin in plugins(package).items():
        family = str(getattr(plugin, "family", ""))
        yield Item(name, f'"{name}"', "type", family, plugin.summary(), name)


def _headers(found: Scan, position: int) -> Completion:
    """`[train]`, `[[layers]]`, …: the whole line is replaced."""
    start = found.text.rfind("\n", 0, position) + 1
    stop = found.text.find("\n", position)
    end = len(found.text) if stop < 0 else stop
    comment = found.text.find("#", start, end)
    end = end if comment < 0 else comment
    typed = found.text[start:position].strip().lstrip("[").strip()
    return _chosen(start, end, typed.rstrip("]"), list(_sections(found, typed.rstrip("]"))))


def _sections(found: Scan, typed: str) -> Iterable[Item]:
    """Headers of all sections that may still be written."""
    keys = keys_at((), {})
    assert keys is not None
    for field in keys.fields.values():
        if field.key in ARRAYS:
            yield Item(f"[[{field.key}]]", f"[[{field.key}]]", "section", "", field.doc)
        elif field.key == "blocks":
            yield Item("[blocks.", "[blocks.", "section", "", field.doc)
        elif _is_section(field) and (field.key not in found.root.entries or field.key == typed):
            yield Item(f"[{field.key}]", f"[{field.key}]", "section", "", field.doc)


def _is_section(field: Field) -> bool:
    return any(isinstance(kind, Part | Typed | Free) for kind in field.kinds)


def _in_expression(found: Scan, zone: Zone, position: int) -> Completion | None:
    """Names of variables inside `${…}`."""
    line = found.text[found.text.rfind("\n", 0, position) + 1 : position]
    opened = line.rfind("${")
    if zone.sort != "value" or opened < 0 or "}" in line[opened:]:
        return None
    start, end = _word(found.text, position)
    items = [Item(name, name, "name", detail) for name, detail in variables_at(zone.path, found)]
    return _chosen(start, end, found.text[start:position], items)


def _chosen(start: int, end: int, typed: str, items: Sequence[Item]) -> Completion:
    """Those that fit what is typed: beginnings first, then parts."""
    wanted = typed.lower()
    ranks = [(_rank(item.label.lstrip("["), wanted), place, item) for place, item in enumerate(items)]
    fitting = sorted((rank, place) for rank, place, _ in ranks if rank is not None)
    return Completion(start, end, typed, tuple(items[place] for _, place in fitting))


def _rank(label: str, wanted: str) -> int | None:
    """0: begins with it, 1: a word of it does, 2: holds it, 3: its letters in order; None: does not fit."""
    label = label.lower()
    if label.startswith(wanted):
        return 0
    if f"_{wanted}" in label or f".{wanted}" in label:
        return 1
    if wanted in label:
        return 2
    letters = iter(label)
    return 3 if len(wanted) > 1 and all(letter in letters for letter in wanted) else None


def _word(text: str, position: int) -> tuple[int, int]:
    """The word around a position."""
    start = end = position
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_-."):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] in "_-"):
        end += 1
    return start, end


def _with_quotes(text: str, start: int, end: int) -> tuple[int, int]:
    return start - (text[start - 1 : start] == '"'), end + (text[end : end + 1] == '"')


def _value_word(found: Scan, zone: Zone, position: int) -> tuple[int, int, bool]:
    """What a value replaces: the whole string with its quotes, or the word; and whether a quote is open."""
    value = found.at(zone.path)
    if value is not None and value.sort == "scalar" and value.start <= position <= value.end:
        if value.text[:1] in ("'", '"'):
            return value.start, value.end, True
        return value.start, value.end, False
    start, end = _word(found.text, position)
    return start, end, False

