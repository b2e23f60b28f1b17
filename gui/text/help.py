"""What a key, a section or a type means: the words shown when the mouse rests on it."""

from __future__ import annotations

from dataclasses import dataclass

from gui.forms.fields import Field, TypeName, describe
from gui.forms.tables import field_at, keys_at
from gui.text.scan import Entry, Scan, Value, Zone, scan
from netspec.registry import plugins
from netspec.rendering import toml_value
from netspec.spec.source import Format


@dataclass(frozen=True)
class Help:
    """A title, what may stand there, and the docs; for the text from start to end."""

    title: str
    holds: str
    doc: str
    start: int
    end: int


def help_at(text: str, format: Format, position: int) -> Help | None:
    """What is known of the word at a position."""
    found = scan(text, format)
    zone = found.zone(position)
    if zone.sort == "comment":
        return None
    if zone.sort == "header":
        keys = keys_at(zone.path, found.tree)
        return Help(keys.title, "", keys.doc, zone.start, zone.end) if keys else None
    entry = _entry_at(found, zone, position)
    if entry is not None:
        field = field_at((*zone.path, entry.key), found.tree)
        return _of_field(field, entry.start, entry.end) if field else None
    return _of_value(found, zone, position) if zone.sort == "value" else None


def _entry_at(found: Scan, zone: Zone, position: int) -> Entry | None:
    table = found.at(zone.path) if zone.sort == "keys" else None
    entries = table.entries.values() if table else ()
    return next((entry for entry in entries if entry.start <= position <= entry.end), None)


def _of_field(field: Field, start: int, end: int) -> Help:
    return Help(field.key, holds(field), field.doc, start, end)


def holds(field: Field) -> str:
    """ "whole number ≥ 1 · default 32"."""
    default = "required" if field.is_required else ""
    if not field.is_required and field.default not in (None, [], {}):
        default = f"default {toml_value(field.default)}"
    kinds = " or ".join(dict.fromkeys(describe(kind) for kind in field.kinds))
    return " · ".join(part for part in (kinds, default) if part)


def _of_value(found: Scan, zone: Zone, position: int) -> Help | None:
    value: Value | None = found.at(zone.path)
    if value is None or value.sort != "scalar" or not value.start <= position <= value.end:
        return None
    field, name = field_at(zone.path, found.tree), value.plain()
    if field is None:
        return None
    for kind in field.kinds:
        package = getattr(kind, "package", "")
        plugin = plugins(package).get(name) if package and isinstance(name, str) else None
        if plugin is not None:
            doc = "\n".join(line.strip() for line in (plugin.__doc__ or "").strip().splitlines())
            what = str(getattr(plugin, "family", "")) if isinstance(kind, TypeName) else ""
            return Help(plugin.type_name(), what, doc, value.start, value.end)
    return _of_field(field, value.start, value.end)
