"""Edits of single fields and of sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.editing.draft import Draft, Entry, assign
from netspec.editing.errors import EditError
from netspec.editing.outline import Address
from netspec.editing.syntax import TableNode, plain
from netspec.editing.writing import read
from netspec.registry import plugins
from netspec.spec.resolve import FAMILIES, PLURALS, SECTIONS
from netspec.spec.source import Source
from netspec.spec.suggest import question

SINGULARS = {many: one for one, many in PLURALS.items()}


def set_field(source: Source, address: Address, key: str, value: Any) -> str:
    """Set one key of a layer or section; a section that is not there is made. address (): the top of the file."""
    draft = Draft(source)
    assign(_table(draft, address), key, value)
    return draft.text()


def set_fields(source: Source, address: Address, values: Mapping[str, Any]) -> str:
    """Set several keys at once; None takes a key away."""
    draft = Draft(source)
    table = _table(draft, address)
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            assign(table, key, value)
    return draft.text()


def reset_field(source: Source, address: Address, key: str) -> str:
    """Take a key away, so that its default holds."""
    draft = Draft(source)
    draft.check_is_here(address)
    if _find(draft, address) is not None:
        _table(draft, address).pop(key, None)
    return draft.text()


def set_type(source: Source, address: Address, type: str) -> str:
    """Give a layer, loss, optimizer … another type: fields that the new one lacks go, those it requires are added."""
    draft = Draft(source)
    table = _table(draft, address)
    section = str(address[0]) if address else "the file"
    package = FAMILIES.get("layers" if section == "blocks" else PLURALS.get(section, section))
    if package is None:
        raise EditError(f"{section} has no type", "choose a layer, or one of loss, data, optimizer, schedule")
    plugin = plugins(package).get(type)
    if plugin is None:
        raise EditError(f"there is no type {type}", question(type, plugins(package), what="types"))
    for key in [key for key in table if key not in plugin.model_fields and key != "when"]:
        del table[key]
    table["type"] = type
    for key, value in starting_fields(type, package).items():
        table.setdefault(key, value)
    return draft.text()


def fields(source: Source, address: Address) -> dict[str, Any]:
    """What is written at an address, as plain values; empty when nothing is."""
    found = _find(Draft(source), address)
    written: dict[str, Any] = plain(found) if found is not None else {}
    return written


def add_section(source: Source, key: str, values: Mapping[str, Any]) -> str:
    """Add a section: `[loss]`, `[schedule]`; a further `[[optimizers]]` when there is one optimizer already."""
    draft = Draft(_with_plural(source, key))
    if key not in SECTIONS:
        raise EditError(f"there is no section {key}", question(key, SECTIONS, what="sections"))
    one, many = SINGULARS.get(key, key), PLURALS.get(key, key)
    if one == many and key in draft.root:
        raise EditError(f"there is a section {key} already", "change its fields")
    if one != many and one in draft.root:
        draft.root[many] = [draft.root.pop(one), dict(values)]
    elif one != many and isinstance(draft.root.get(many), list):
        draft.root[many].append(dict(values))
    else:
        draft.root[key] = [dict(values)] if key == many != one else dict(values)
    return draft.text()


def _with_plural(source: Source, key: str) -> Source:
    """`[optimizer]` as `[[optimizers]]` with one entry, its lines and comments unchanged."""
    one, many = SINGULARS.get(key, key), PLURALS.get(key, key)
    tree = read(source)
    table = tree.root.get(one)
    if one == many or not isinstance(table, TableNode) or many in tree.root:
        return source
    pair = tree.root.pairs.get(one)
    if pair is not None and table.form == "inline":
        head = tree.text(pair.start, pair.value_start).replace(one, many, 1)
        text = f"{tree.text(0, pair.start)}{head}[{tree.text(pair.value_start, pair.end)}]{tree.text(pair.end, len(tree.data))}"
    elif len(table.sections) == 1 and tree.text(table.sections[0].start, table.sections[0].header_end) == f"[{one}]":
        section = table.sections[0]
        text = f"{tree.text(0, section.start)}[[{many}]]{tree.text(section.header_end, len(tree.data))}"
    else:
        return source
    return Source(source.file, text, source.format, source.folder)


def remove_section(source: Source, key: str, index: int | None = None) -> str:
    """Remove a section, or one of several `[[optimizers]]`."""
    draft = Draft(source)
    many = PLURALS.get(key, key)
    entries = draft.root.get(many)
    if index is not None and isinstance(entries, list) and 0 <= index < len(entries) and len(entries) > 1:
        del entries[index]
    elif index in (None, 0) and (key in draft.root or many in draft.root or SINGULARS.get(key) in draft.root):
        for name in {key, many, SINGULARS.get(key, key)} & draft.root.keys():
            del draft.root[name]
    else:
        raise EditError(f"there is no section {key} in this file", "it may stand in a file that this one extends")
    return draft.text()


def _where(draft: Draft, address: Address) -> Address:
    """`[optimizer]` for ("optimizers", 0), and the other way round, as the file has it."""
    if not address:
        return address
    first, rest = str(address[0]), address[1:]
    if first in SINGULARS and rest[:1] == (0,) and first not in draft.root and SINGULARS[first] in draft.root:
        return (SINGULARS[first], *rest[1:])
    if first in PLURALS and first not in draft.root and isinstance(draft.root.get(PLURALS[first]), list):
        return (PLURALS[first], 0, *rest)
    return address


def _find(draft: Draft, address: Address) -> Entry | None:
    value: Any = draft.root
    for step in _where(draft, address):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, str):
            value = next((item for item in value if isinstance(item, dict) and item.get("name") == step), None)
        else:
            value = value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
    return value if isinstance(value, dict) else None


def _table(draft: Draft, address: Address) -> Entry:
    """The table to write to, made when it is a section that is not there."""
    address = _where(draft, address)
    draft.check_is_here(address)
    if not address:
        return draft.root
    if len(address) == 1 and address[0] not in draft.root:
        if address[0] not in SECTIONS:
            raise EditError(f"there is no section {address[0]}", question(str(address[0]), SECTIONS, what="sections"))
        draft.root[str(address[0])] = {}
    return draft.entry(address)


STARTS: dict[str, dict[str, Any]] = {
    "conv2d": {"out_channels": 16, "kernel_size": 3, "padding": 1},
    "linear": {"out_features": 10},
    "max_pool2d": {"kernel_size": 2},
    "avg_pool2d": {"kernel_size": 2},
    "reshape": {"shape": [-1]},
    "pad": {"padding": 1},
}
"""Fields of a new layer, where its type requires some or is of no use without."""
STARTING_VALUES: dict[str, Any] = {"kernel_size": 2, "out_channels": 16, "out_features": 10, "lr": 0.001, "shape": [-1]}
"""For required fields of other types, by name."""


def starting_fields(type: str, package: str = FAMILIES["layers"]) -> dict[str, Any]:
    """Fields with which a new layer, optimizer … starts: those that its type requires."""
    plugin = plugins(package).get(type)
    if plugin is None:
        raise EditError(f"there is no type {type}", question(type, plugins(package), what="types"))
    required = [key for key, field in plugin.model_fields.items() if field.is_required() and key not in ("name", "type")]
    return {**{key: STARTING_VALUES.get(key, 1) for key in required}, **STARTS.get(type, {})}
