"""Values as they are typed: reading them, and saying why one cannot be taken."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from typing import Any

from gui.forms.fields import (
    Boolean,
    Choice,
    Free,
    Integer,
    Kind,
    Number,
    Part,
    Several,
    Text,
    Typed,
    TypeName,
    describe,
)
from netspec.problems import spell
from netspec.registry import plugins
from netspec.rendering import toml_value

EXPRESSION = "${"


class RefusedError(ValueError):
    """What is typed is no value of this key; the text says why, and what would be."""


def is_expression(value: Any) -> bool:
    """Whether a value is worked out from variables."""
    return isinstance(value, str) and EXPRESSION in value


def read_value(text: str, kinds: Iterable[Kind]) -> Any:
    """What a text in TOML (or a bare word where text is wanted) says; raises RefusedError."""
    kinds = tuple(kinds)
    text = text.strip()
    if is_expression(text) and text[:1] not in ('"', "'", "[", "{"):
        return text
    try:
        value = tomllib.loads(f"x = {text}")["x"]
    except ValueError:
        if any(isinstance(kind, Text | Choice | Typed | TypeName) for kind in kinds) and text[:1] not in ('"', "'", "[", "{"):
            value = text
        else:
            raise RefusedError(f"{spell(text)} cannot be read; use {wanted(kinds)}") from None
    check(value, kinds)
    return value


def check(value: Any, kinds: Iterable[Kind]) -> None:
    """Raise RefusedError unless one of the kinds takes the value; expressions may stand anywhere."""
    kinds = tuple(kinds)
    if not is_expression(value) and not any(takes(kind, value) for kind in kinds):
        raise RefusedError(f"{spell(value)} is refused; use {wanted(kinds)}")


def wanted(kinds: Iterable[Kind]) -> str:
    """What may stand there, in words."""
    return " or ".join(dict.fromkeys(f"a {text}" if text.startswith("whole") else text for text in map(describe, kinds)))


def takes(kind: Kind, value: Any) -> bool:
    """Whether a value is of a kind."""
    if is_expression(value):
        return True
    match kind:
        case Boolean():
            return isinstance(value, bool)
        case Integer():
            return isinstance(value, int) and not isinstance(value, bool) and _is_inside(kind, value)
        case Number():
            return isinstance(value, int | float) and not isinstance(value, bool) and _is_inside(kind, value)
        case Text():
            return isinstance(value, str)
        case Choice(options=options):
            return any(value == option and type(value) is type(option) for option in options)
        case Several(item=item, least=least, greatest=greatest):
            fits = isinstance(value, list) and least <= len(value) <= (math.inf if greatest is None else greatest)
            return fits and all(takes(item, part) for part in value)
        case Typed(package=package, shorthand=shorthand):
            return isinstance(value, dict) or (shorthand and value in plugins(package))
        case TypeName(package=package):
            return value in plugins(package)
        case Part() | Free():
            return isinstance(value, dict)
    return False


def _is_inside(kind: Integer | Number, value: float) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if kind.least is not None and (value < kind.least or (value == kind.least and getattr(kind, "above", False))):
        return False
    most = kind.greatest
    return most is None or (value < most if getattr(kind, "below", False) else value <= most)


def written(value: Any) -> str:
    """A value as a field shows it: text without its quotes."""
    if value is None:
        return ""
    return value if isinstance(value, str) else toml_value(value)


def step(value: float, kind: Integer | Number, steps: int) -> float:
    """The value some steps further: whole numbers by 1, others in their first digit; stopped at the limits."""
    if isinstance(kind, Integer):
        moved: float = int(value) + steps
    else:
        size = 10.0 ** math.floor(math.log10(abs(value))) if value else 0.1 if (kind.greatest or 10) <= 1 else 1.0
        if value and steps < 0 and abs(abs(value) - size) < 1e-9 * size:
            size /= 10  # 0.001 − a step is 0.0009
        moved = float(f"{value + steps * size:.12g}")
    for limit, better in ((kind.least, max), (kind.greatest, min)):
        if limit is not None and not _is_inside(kind, moved):
            moved = better(moved, limit)
    return moved if _is_inside(kind, moved) else value
