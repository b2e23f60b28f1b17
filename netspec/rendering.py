"""Spec → text with every default filled in, and its hash."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from netspec.defaults import fill_defaults
from netspec.spec.model import Spec
from netspec.spec.source import Format
from netspec.spec.variables import escape

FIRST_KEYS = ("name", "type", "inputs")
SINGULAR = {"inputs": "input", "losses": "loss", "optimizers": "optimizer"}
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def render(spec: Spec, format: Format = "toml") -> str:
    """The whole spec with every default filled in, as text that loads back to a spec of the same hash and training.

    The same text for specs that say the same; rendering the result again gives the same text.
    """
    tree = _escaped(_tree(fill_defaults(spec)))
    return render_toml(tree) if format == "toml" else json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def spec_hash(spec: Spec) -> str:
    """sha256 of what the spec says: the same for TOML and JSON, whatever its comments, order, blocks and file,
    and whether its defaults are written out."""
    tree = fill_defaults(spec).model_dump(mode="json", exclude_none=True)
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _tree(spec: Spec) -> dict[str, Any]:
    """The spec as plain values, in the order people write it; one input is [input], one loss [loss], …"""
    tree = spec.model_dump(mode="json", exclude_none=True)
    ordered: dict[str, Any] = {}
    for key, value in tree.items():
        if key in SINGULAR and len(value) == 1:
            ordered[SINGULAR[key]] = _ordered(value[0])
        elif value != [] or key == "outputs":
            ordered[key] = _ordered(value)
    return ordered


def _ordered(value: Any) -> Any:
    """Tables with name, type and inputs first."""
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    keys = [key for key in FIRST_KEYS if key in value] + [key for key in value if key not in FIRST_KEYS]
    return {key: _ordered(value[key]) for key in keys}


def _escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return escape(value) if isinstance(value, str) else value


def render_toml(tree: dict[str, Any]) -> str:
    """Scalars first, then one [section] for each table and one [[section]] for each table of a list."""
    lines = [f"{_key(key)} = {toml_value(value)}" for key, value in tree.items() if not _is_section(value)]
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += ["", f"[{_key(key)}]", *_pairs(value)]
        elif _is_section(value):
            for item in value:
                lines += ["", f"[[{_key(key)}]]", *_pairs(item)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    )


def _pairs(table: dict[str, Any]) -> list[str]:
    return [f"{_key(key)} = {toml_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _text(key)


def toml_value(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(_pairs(value)) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A basic string; JSON's escapes are TOML's, but TOML wants DEL escaped, too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
