"""Layers named within [transfer]: by the stages of `unfreeze`, by `rates`, and by the stages of `discriminative`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netspec.editing.draft import Draft, Entry
from netspec.editing.freezing import drop
from netspec.editing.outline import Outline
from netspec.graph import match_layers

Followed = Callable[[str], list[str]]
"""A name or pattern → what means the same layers now."""


def follow_nested(draft: Draft, followed: Followed, inputs: Callable[[str], str]) -> None:
    """Let every name go on to mean its layer. inputs: of an input of the network, which `to` may name, too."""
    for table, key in _places(draft):
        value = table[key]
        if isinstance(value, list):
            found = [new for item in value if isinstance(item, str) for new in followed(item)]
            _set_list(value, list(dict.fromkeys(found)))
        elif isinstance(value, str):
            found = followed(value) or [inputs(value)]
            if found and value not in found:
                table[key] = found[0]


def forget_nested(draft: Draft, before: Outline) -> None:
    """Names of what was removed go; a stage moves on to the first layer that was computed from its own."""
    old = [node.name for node in before.nodes if node.kind == "layer"]
    left = [node.name for node in draft.outline.nodes if node.kind == "layer"]
    for table, key in [*_places(draft)]:
        value = table[key]
        if isinstance(value, list):
            kept = [item for item in value if _means(item, left) or not _means(item, old)]
            _set_list(value, kept)
        elif isinstance(value, str) and match_layers(value, old) and not match_layers(value, left):
            gone = set(match_layers(value, old))
            heir = next((name for name in left if name in old and before.below([name]) & gone), None)
            if heir is None:
                del table[key]
            else:
                table[key] = heir
    _drop_empty(draft)


def _means(item: Any, names: list[str]) -> bool:
    return isinstance(item, str) and bool(match_layers(item, names))


def _drop_empty(draft: Draft) -> None:
    """Entries that name nothing any more, and lists without entries."""
    transfer = _own(draft)
    for key, names in (("unfreeze", ("to", "layers")), ("rates", ("layers",))):
        entries = transfer.get(key)
        if not isinstance(entries, list):
            continue
        kept = [entry for entry in entries if not isinstance(entry, dict) or any(entry.get(name) for name in names)]
        if len(kept) != len(entries):
            entries[:] = kept
        if not entries:
            drop(draft, key, [])


def _places(draft: Draft) -> Iterator[tuple[Entry, str]]:
    """Tables of this file, with the key at which each names layers."""
    transfer = _own(draft)
    for key, names in (("unfreeze", ("to", "layers")), ("rates", ("layers",))):
        entries = transfer.get(key)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield from ((entry, name) for name in names if name in entry)
    discriminative = transfer.get("discriminative")
    if isinstance(discriminative, dict) and "stages" in discriminative:
        yield discriminative, "stages"


def _own(draft: Draft) -> dict[str, Any]:
    transfer = draft.root.get("transfer")
    return transfer if isinstance(transfer, dict) else {}


def _set_list(value: list[Any], found: list[Any]) -> None:
    if found != list(value):
        value[:] = found
