"""The spec of a fine-tuning as text: a patch of the network, with a comment wherever something was chosen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from netspec.editing import set_field
from netspec.finetuning.base import Base, FinetuneError
from netspec.finetuning.choices import Choices
from netspec.rendering import toml_value
from netspec.spec.overrides import parse_value
from netspec.spec.source import Source
from netspec.starting import Found

WIDTH = 120
"""Columns a comment may reach before it goes into the line above."""
MOST_NAMED = 12
"""Classes that are listed in the comment."""
PATHS = ("root", "file", "weights")
"""Keys whose files are named as seen from the spec's folder."""


def spec_text(base: Base, found: Found, choices: Choices, name: str, folder: Path, command: str) -> str:
    """The whole file, which will lie in `folder`. command: what was typed, for the first line."""
    classes = [" ".join(item.split()) for item in found.classes[:MOST_NAMED]]
    more = f", … ({len(found.classes)} in all)" if len(found.classes) > MOST_NAMED else ""
    extends = base.name if base.is_shipped else _relative(base.path, folder)
    head = {"name": base.head, base.size_key: len(found.classes)}
    lines = [
        f"# Made by `{command}`",
        f"# for {found.about}: {', '.join(classes)}{more}.",
        f"extends = {toml_value(extends)}",
        f"name = {toml_value(name)}",
        'metrics = ["accuracy"]',
        f"layers = [{toml_value(head)}]   # the new head: one output for each class",
    ]
    for section, table in choices.sections.items():
        seen = {key: _seen_from(folder, key, value) for key, value in table.items()}
        lines += ["", f"[{section}]", *_keys(section, _own(base, section, seen, found), choices.reasons)]
    return "\n".join(lines) + "\n"


def with_overrides(text: str, overrides: Sequence[str], folder: Path, file: str, shape: Sequence[int]) -> str:
    """The text with each `--set KEY=VALUE` written into it. Raises EditError, or FinetuneError for what is no assignment."""
    for override in overrides:
        path, equals, value = override.partition("=")
        keys = [key.strip() for key in path.split(".")]
        if not equals or not all(keys):
            raise FinetuneError(f"--set {override}: is not path=value", "write --set optimizer.lr=0.01")
        parsed = parse_value(value.strip())
        if keys == ["input", "size"]:
            keys, parsed = ["input", "shape"], [shape[0], parsed, parsed]
        elif keys[0] == "layers" and len(keys) > 2:
            keys = ["layers", ".".join(keys[1:-1]), keys[-1]]
        text = set_field(Source(file, text, "toml", folder), tuple(keys[:-1]), keys[-1], parsed)
    return text


def _keys(section: str, table: Mapping[str, Any], reasons: Mapping[str, str]) -> Iterable[str]:
    """One line a key, its reason behind it where there is room, else above it."""
    if section in reasons:
        yield f"# {reasons[section]}"
    for key, value in table.items():
        line, reason = f"{key} = {toml_value(_as_lists(value))}", reasons.get(key)
        if reason is not None and len(line) + len(reason) + 5 > WIDTH:
            yield f"# {reason}:"
            reason = None
        yield f"{line}   # {reason}" if reason is not None else line
    if section == "data" and "augment" not in table:
        yield f"# {reasons['augment']}"


def _own(base: Base, section: str, table: dict[str, Any], found: Found) -> dict[str, Any]:
    """The table with what undoes the base's keys of the same section, which a patch would otherwise keep.

    Raises FinetuneError for keys that cannot be undone.
    """
    undone = {"download": "none", "classes": list(found.classes)}  # what TOML has no null for
    old = base.spec.data if section == "data" else None
    if old is None or old.type_name() != table["type"]:
        return table
    for key in sorted(old.model_fields_set - table.keys()):
        default = type(old).model_fields[key].get_default(call_default_factory=True)
        if default is None and getattr(old, key) is not None:
            default = undone.get(key)
        if default is None and getattr(old, key) is not None:
            message = f"{base.name}: its [data] sets {key}, which may not fit these data"
            raise FinetuneError(message, "remove it there, or fine-tune a copy of the spec without [data]")
        table[key] = _as_lists(default)
    return table


def _as_lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_lists(item) for key, item in value.items()}
    return [_as_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _seen_from(folder: Path, key: str, value: Any) -> Any:
    """A file's name as the spec writes it; "torchvision/resnet18" is none."""
    return _relative(Path(value), folder) if key in PATHS and Path(value).is_absolute() else value


def _relative(path: Path, folder: Path) -> str:
    """As seen from the folder, or absolute where that is shorter."""
    whole = path.resolve().as_posix()
    try:
        return min(Path(os.path.relpath(whole, folder.resolve())).as_posix(), whole, key=len)
    except ValueError:  # another drive
        return whole
