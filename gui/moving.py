"""A spec that is saved in another folder goes on meaning the same files."""

from __future__ import annotations

import os
from pathlib import Path

from netspec import editing
from netspec.editing import Address, EditError
from netspec.spec.extends import PATHS
from netspec.spec.source import Source


def moved_text(source: Source, folder: Path) -> str:
    """The text with relative paths as they look from another folder, as far as the files are there."""
    if source.folder.resolve() == folder.resolve():
        return source.text
    sections: list[tuple[Address, tuple[str, ...]]] = [((), ("extends",)), *(((key,), names) for key, names in PATHS.items())]
    for address, keys in sections:
        written = editing.fields(source, address)
        for key in keys:
            path = written.get(key)
            if isinstance(path, str) and _is_left_behind(path, source.folder, folder):
                source = _with(source, address, key, _seen_from(folder, source.folder / path))
    return source.text


def _is_left_behind(path: str, old: Path, new: Path) -> bool:
    is_relative = not path.startswith(("~", "${")) and not Path(path).is_absolute()
    return is_relative and (old / path).exists() and not (new / path).exists()


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return os.path.relpath(path.resolve(), folder.resolve()).replace(os.sep, "/")
    except ValueError:  # another drive
        return str(path.resolve()).replace(os.sep, "/")


def _with(source: Source, address: Address, key: str, path: str) -> Source:
    try:
        text = editing.set_field(source, address, key, path)
    except EditError:  # in a text with errors there: it stays as it is, and its problem will say so
        return source
    return Source(source.file, text, source.format, source.folder)
