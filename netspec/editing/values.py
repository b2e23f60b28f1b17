"""New values as text, in TOML and in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from netspec.editing.errors import EditError
from netspec.spec.source import Format

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def spell_value(value: Any, format: Format) -> str:
    """A value on one line."""
    return _json(value) if format == "json" else _toml(value)


def spell_key(key: str, format: Format) -> str:
    """A key as it stands before its value."""
    if format == "json":
        return json.dumps(key, ensure_ascii=False)
    return key if BARE_KEY.fullmatch(key) else _text(key)


def spell_pair(key: str, value: Any, format: Format) -> str:
    """`key = value` or `"key": value`."""
    return f"{spell_key(key, format)}{': ' if format == 'json' else ' = '}{spell_value(value, format)}"


def spell_lines(value: Any, indent: str, unit: str) -> str:
    """JSON over several lines: tables one key a line, lists of numbers and texts on one."""
    inner = indent + unit
    if isinstance(value, Mapping) and value:
        lines = [f"{inner}{spell_key(key, 'json')}: {spell_lines(item, inner, unit)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        lines = [inner + spell_lines(item, inner, unit) for item in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return _json(value)


def _json(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = [f"{json.dumps(key, ensure_ascii=False)}: {_json(item)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_json, value)) + "]"
    _check(value)
    return _float(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = [f"{spell_key(key, 'toml')} = {_toml(item)}" for key, item in value.items()]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    _check(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _float(value)
    return str(value)


def _float(value: float) -> str:
    """1e-05 as 1e-5, 1e+16 as 1e16: how people write it, and all readers take it."""
    return re.sub(r"e([+-])0+", r"e\1", repr(value)).replace("e+", "e")


def _text(value: str) -> str:
    """A basic string; JSON's escapes are TOML's, DEL apart."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _check(value: Any) -> None:
    """Refuse what no spec can hold."""
    if value is None or not isinstance(value, bool | int | float | str):
        raise EditError(f"{value!r} is no value that a spec can hold", "give a number, true or false, a text or a list")
    if isinstance(value, float) and value - value != 0:
        raise EditError(f"{value} is not finite", "give a finite number")
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise EditError("the text holds half a character", "write the whole one")
