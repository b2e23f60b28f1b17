"""Edits that forms make: one undo step, also when several layers are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec import editing
from netspec.editing import Address
from netspec.spec.source import Source


def set_everywhere(source: Source, addresses: Sequence[Address], key: str, value: Any) -> str:
    """Set a key of several tables."""
    for address in addresses:
        source = _with_text(source, editing.set_field(source, address, key, value))
    return source.text


def reset_everywhere(source: Source, addresses: Sequence[Address], key: str) -> str:
    """Take a key away from several tables."""
    for address in addresses:
        source = _with_text(source, editing.reset_field(source, address, key))
    return source.text


def set_type_everywhere(source: Source, addresses: Sequence[Address], kind: str) -> str:
    """Give several layers another type."""
    for address in addresses:
        source = _with_text(source, editing.set_type(source, address, kind))
    return source.text


def _with_text(source: Source, text: str) -> Source:
    return Source(source.file, text, source.format, source.folder)
