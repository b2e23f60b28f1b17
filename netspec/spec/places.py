"""Places of keys and values, kept apart from the values until both are known; joined by `attach`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netspec.problems import Span, SpecError, error
from netspec.spec.marks import Array, Table

DEEPEST = 40
"""Levels of nesting; a spec needs about six."""


@dataclass
class Place:
    """Where one value stands, and its key if it has one."""

    key: Span | None = None
    value: Span | None = None
    fields: dict[str, Place] = field(default_factory=dict)
    items: list[Place] = field(default_factory=list)

    def child(self, name: str, span: Span) -> Place:
        """The place of a key in this table, made on first sight; in an array of tables, of its last table."""
        owner = self.items[-1] if self.items else self
        return owner.fields.setdefault(name, Place(key=span, value=span))


def attach(value: Any, place: Place, depth: int = 0) -> Any:
    """Plain values and their places → Tables and Arrays; raises SpecError for keys that no text can show."""
    if depth > DEEPEST:
        message = f"the tables are nested more than {DEEPEST} deep"
        raise SpecError([error("NS007", (), place.value, message, "nest less")])
    if isinstance(value, dict):
        table = Table(span=place.value)
        for name, item in value.items():
            if has_half_characters(name):
                message = "the key holds half a character (\\ud800…\\udfff)"
                raise SpecError([error("NS006", (), place.value, message, "write the whole one")])
            inner = place.fields.get(name) or Place(place.value, place.value)
            table.put(name, attach(item, inner, depth + 1), inner.key, inner.value)
        return table
    if isinstance(value, list):
        inners = place.items + [Place(place.value, place.value)] * (len(value) - len(place.items))
        items = [attach(item, inner, depth + 1) for item, inner in zip(value, inners, strict=False)]
        return Array(items, place.value, [inner.value for inner in inners[: len(value)]])
    return value


def has_half_characters(text: str) -> bool:
    """Whether a text holds surrogates, which JSON's escapes can write but no file can hold."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
