"""Removing layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec.editing.draft import Draft, Entry, context, local_name
from netspec.editing.errors import EditError
from netspec.editing.outline import Node
from netspec.editing.references import forget_removed
from netspec.editing.wiring import INSIDE, is_patch, only_input
from netspec.spec.source import Source


def remove_layers(source: Source, names: Iterable[str], reconnect: bool = True) -> str:
    """Remove layers and blocks. reconnect: what read one of them reads what that one read (its first input)."""
    draft = Draft(source)
    nodes = _topmost(draft, names)
    bodies: dict[int, tuple[list[Any], list[Node]]] = {}
    _remove_from_base(draft, [node for node in nodes if is_patch(draft, node.address)], reconnect)
    for node in nodes:
        if not is_patch(draft, node.address):
            entries = draft.siblings(node.address)
            bodies.setdefault(id(entries), (entries, []))[1].append(node)
    for entries, gone in bodies.values():
        _remove_from(draft, entries, gone, reconnect)
    return forget_removed(source, draft.text(), reconnected=reconnect)


def _topmost(draft: Draft, names: Iterable[str]) -> list[Node]:
    """What is to go: a use of a block instead of what is in it, an entry of a block's definition once."""
    found: dict[tuple[Any, ...], Node] = {}
    chosen = {node.name for node in draft.nodes(names)}
    for node in draft.nodes(names):
        if node.parent is not None and _is_inside(draft, node, chosen):
            continue
        if node.kind == "block" and node.parent is not None and draft.node(node.parent).address == node.address:
            message = f"{node.name} is one of the copies of {node.parent}"
            raise EditError(message, "lower its `repeat`, or delete the whole block")
        found.setdefault(node.address, node)
    if not found:
        raise EditError("there is nothing to delete", "choose layers; inputs of the network stay")
    return list(found.values())


def _is_inside(draft: Draft, node: Node, chosen: set[str]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent in chosen:
            return True
        parent = draft.node(parent).parent
    return False


def _remove_from(draft: Draft, entries: list[Any], gone: list[Node], reconnect: bool) -> None:
    """All that goes from one list."""
    names = {local_name(node) for node in gone}
    indices = {int(node.address[-1]) for node in gone}
    first = INSIDE if context(gone[0].address)[0] == "blocks" else _above_all(draft)
    patched = draft.outline.base_layers if entries is draft.root.get("layers") else frozenset()
    heirs: dict[str, list[str]] = {}
    kept_above: str | None = first
    above: str | None = first
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        if entry.get("name") in patched:
            continue  # it stands where the base has it; what its `inputs` name is replaced below
        implicit = "inputs" not in entry
        reads = ([above] if above is not None else []) if implicit else [str(name) for name in entry["inputs"]]
        reads = _replaced(reads, heirs)
        if index in indices:
            heirs[str(entry.get("name"))] = reads[:1] if reconnect else []
        else:
            if not implicit and reads != list(entry["inputs"]):
                entry["inputs"][:] = reads
            elif implicit and reads != ([kept_above] if kept_above is not None else []):
                entry["inputs"] = reads
            kept_above = entry.get("name") if isinstance(entry.get("name"), str) else kept_above
        above = entry.get("name") if isinstance(entry.get("name"), str) else above
    for entry in entries:  # readers above what they read
        if isinstance(entry, dict) and isinstance(entry.get("inputs"), list) and names & set(map(str, entry["inputs"])):
            entry["inputs"][:] = _replaced([str(name) for name in entry["inputs"]], heirs)
    kept = [entry for index, entry in enumerate(entries) if index not in indices]
    if not kept and getattr(entries, "form", "inline") == "tables":
        _drop(draft, entries)
    else:
        entries[:] = kept


def _drop(draft: Draft, entries: list[Any]) -> None:
    """A list of tables without tables is not there."""
    if entries is draft.root.get("layers"):
        del draft.root["layers"]
        return
    for block in draft.root["blocks"].values():
        if isinstance(block, dict) and block.get("layers") is entries:
            del block["layers"]


def _replaced(names: list[str], heirs: dict[str, list[str]]) -> list[str]:
    result: list[str] = []
    for name in names:
        result += heirs.get(name, [name])
    return result


def _above_all(draft: Draft) -> str | None:
    """What the first of the file's own layers reads: the last one of the base, else the network's input."""
    base = [node.name for node in draft.outline.children(None) if node.name in draft.outline.base_layers]
    return base[-1] if base else only_input(draft)


def _remove_from_base(draft: Draft, nodes: list[Node], reconnect: bool) -> None:
    """Layers of a base are taken out by patches; their readers are patched, too."""
    inputs = {node.name: list(node.inputs) for node in draft.outline.children(None) if node.kind != "input"}
    before = {name: list(names) for name, names in inputs.items()}
    for node in nodes:
        outputs = {leaf.name for leaf in draft.outline.leaves(node.name)}
        heir = inputs.pop(node.name)[:1] if reconnect else []
        for reader, names in inputs.items():
            inputs[reader] = [new for name in names for new in (heir if name in outputs else [name])]
        entry: Entry = draft.entry(node.address)
        for key in [key for key in entry if key != "name"]:
            del entry[key]
        entry["remove"] = True
    for reader, names in inputs.items():
        if nodes and names != before[reader]:
            draft.entry(draft.node(reader).address)["inputs"] = names
