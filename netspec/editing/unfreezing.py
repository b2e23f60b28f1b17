"""The stages of training: entries of `[transfer] unfreeze`, which stand in the order of their epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.editing.draft import Draft, Entry, assign
from netspec.editing.errors import EditError
from netspec.editing.freezing import drop, section
from netspec.editing.syntax import plain
from netspec.spec.source import Source

KEY = "unfreeze"


def add_unfreeze(source: Source, values: Mapping[str, Any]) -> str:
    """Add a stage: {"at_epoch": 2, "to": "layer2", "lr_mult": 0.1}, in front of those that begin later."""
    draft = Draft(source)
    entries = _entries(draft)
    epoch = _epoch(values)
    if epoch is None or epoch < 1:
        raise EditError(f"a stage begins after at_epoch ≥ 1 epochs, not {values.get('at_epoch')!r}", "give a whole number")
    if any(_epoch(entry) == epoch for entry in entries):
        raise EditError(f"a stage begins after {_epochs(epoch)} already", "change that one, or choose another epoch")
    place = sum((_epoch(entry) or 0) < epoch for entry in entries)
    entries.insert(place, dict(values))
    _put(draft, entries)
    return draft.text()


def set_unfreeze(source: Source, place: int, values: Mapping[str, Any]) -> str:
    """Change keys of a stage, the first is 0; None takes a key away. The epochs of the stages go on to rise."""
    draft = Draft(source)
    entries = _entries(draft)
    entry = _entry(entries, place)
    if "at_epoch" in values:
        _check_order(entries, place, values["at_epoch"])
    for key, value in values.items():
        if value is None:
            entry.pop(key, None)
        else:
            assign(entry, key, value)
    _put(draft, entries)
    return draft.text()


def remove_unfreeze(source: Source, place: int) -> str:
    """Take a stage away; the list goes with its last one."""
    draft = Draft(source)
    entries = _entries(draft)
    _entry(entries, place)
    del entries[place]
    if entries:
        _put(draft, entries)
    else:
        drop(draft, KEY, [])
    return draft.text()


def _entries(draft: Draft) -> list[Any]:
    """The file's own list; else a copy of that of a base, which this file would else replace."""
    transfer = draft.root.get("transfer")
    own = transfer.get(KEY) if isinstance(transfer, dict) else None
    if own is None:
        inherited = draft.outline.transfer.get(KEY)
        return [dict(item) if isinstance(item, dict) else item for item in inherited] if isinstance(inherited, list) else []
    if not isinstance(own, list):
        raise EditError(f"unfreeze is no list of stages: {plain(own)!r}", "change it in the text")
    return own


def _put(draft: Draft, entries: list[Any]) -> None:
    transfer = section(draft)
    if transfer.get(KEY) is not entries:
        transfer[KEY] = entries


def _entry(entries: list[Any], place: int) -> Entry:
    entry = entries[place] if 0 <= place < len(entries) else None
    if not isinstance(entry, dict):
        raise EditError(f"there is no stage {place + 1} under unfreeze", "add one, or change it in the text")
    return entry


def _check_order(entries: list[Any], place: int, value: Any) -> None:
    """Stages keep their order: one that would pass its neighbour would take the place of another one."""
    epoch = _epoch({"at_epoch": value})
    if epoch is None:
        return  # an expression: the checks of the spec look at what it comes to
    if epoch < 1:
        raise EditError(f"a stage begins after at least 1 epoch, not {epoch}", "freeze fewer layers from the start instead")
    before = [known for entry in entries[:place] if (known := _epoch(entry)) is not None]
    after = [known for entry in entries[place + 1 :] if (known := _epoch(entry)) is not None]
    if before and epoch <= max(before):
        raise EditError(f"the stage before begins after {_epochs(max(before))}", f"choose more than {max(before)}")
    if after and epoch >= min(after):
        raise EditError(f"the next stage begins after {_epochs(min(after))}", f"choose fewer than {min(after)}")


def _epoch(entry: Any) -> int | None:
    value = entry.get("at_epoch") if isinstance(entry, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _epochs(number: int) -> str:
    return "1 epoch" if number == 1 else f"{number} epochs"
