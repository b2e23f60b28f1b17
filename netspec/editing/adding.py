"""Adding layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.editing.draft import Draft, Entry, check_name, fresh_name, local_name, names_in
from netspec.editing.errors import EditError
from netspec.editing.fields import starting_fields
from netspec.editing.outline import Node
from netspec.editing.wiring import above_name, is_patch, port_of, put_inputs, readers_in
from netspec.spec.source import Source

STEMS = {
    "conv2d": "conv", "linear": "fc", "batch_norm": "bn", "max_pool2d": "pool", "avg_pool2d": "pool",
    "global_avg_pool": "gap", "global_max_pool": "gmp", "leaky_relu": "relu", "dropout": "drop", "multiply": "mul",
}  # fmt: skip
"""How people call layers of a type; other types are called by their own name."""


def add_layer(
    source: Source, type: str, name: str | None = None, after: str | None = None, before: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Add a layer. after: it reads that layer, and all that read that one read the new one; with `before`, only that
    reader does: the layer goes on the edge. before alone: it goes in front of that layer. Neither: it goes to the end.
    """
    draft = Draft(source)
    entry = _new_entry(type, fields)
    giver = None if after is None else draft.node(after)
    reader = None if before is None else draft.node(before)
    if reader is not None and reader.kind == "input":
        raise EditError(f"nothing can stand before {reader.name}, an input of the network", "add it behind")
    place = reader or giver
    entries = draft.layers() if place is None or place.kind == "input" else draft.siblings(place.address)
    taken = names_in(entries) | {node.name for node in draft.outline.nodes if node.kind == "input"}
    taken |= {node.name for node in draft.outline.children(None)} if entries is draft.root.get("layers") else {"input"}
    if name is not None:
        check_name(name, taken)
    entry = {"name": name or fresh_name(STEMS.get(type, type), taken), **entry}
    if reader is not None:
        _insert_before(draft, entries, entry, giver, reader)
    elif giver is not None:
        _insert_after(draft, entries, entry, giver)
    else:
        entries.append(entry)
    return draft.text()


def _new_entry(type: str, fields: Mapping[str, Any] | None) -> Entry:
    given = dict(fields or {})
    if type == "block":
        return {"type": type, **given}
    return {"type": type, **starting_fields(type), **given}


def _insert_after(draft: Draft, entries: list[Any], entry: Entry, giver: Node) -> None:
    """Behind a layer; everything that read that one reads the new one."""
    name = local_name(giver)
    new = str(entry["name"])
    if giver.kind == "input":
        _insert_behind_input(draft, entries, entry, giver)
        return
    if is_patch(draft, giver.address):
        _append_behind_base(draft, entries, entry, giver)
        return
    for reader in readers_in(entries, name):
        reader["inputs"][:] = [new if item == name else item for item in reader["inputs"]]
    entries.insert(int(giver.address[-1]) + 1, entry)


def _insert_behind_input(draft: Draft, entries: list[Any], entry: Entry, giver: Node) -> None:
    """In front of all layers; what read the input reads the new layer."""
    new = str(entry["name"])
    for reader in readers_in(entries, giver.name):
        reader["inputs"][:] = [new if item == giver.name else item for item in reader["inputs"]]
    if len([node for node in draft.outline.nodes if node.kind == "input"]) > 1:
        put_inputs(entry, [giver.name])
    entries.insert(0, entry)


def _append_behind_base(draft: Draft, entries: list[Any], entry: Entry, giver: Node) -> None:
    """A base's layer cannot be followed directly: the new one goes to the end, and its readers are patched."""
    put_inputs(entry, [giver.name])
    for node in draft.outline.children(None):
        if node.kind != "input" and any(name in node.inputs for name in _outputs(draft, giver)):
            names = [str(entry["name"]) if name in _outputs(draft, giver) else name for name in node.inputs]
            patched = draft.entry(node.address)
            patched["inputs"] = names
    entries.append(entry)


def _outputs(draft: Draft, giver: Node) -> set[str]:
    return {giver.name, *(leaf.name for leaf in draft.outline.leaves(giver.name))}


def _insert_before(draft: Draft, entries: list[Any], entry: Entry, giver: Node | None, reader: Node) -> None:
    """In front of a layer, on its edge from `giver` or on its first one."""
    if is_patch(draft, reader.address):
        _insert_before_base(draft, entries, entry, giver, reader)
        return
    index = int(reader.address[-1])
    target = entries[index]
    above = above_name(draft, reader.address)
    names = list(target["inputs"]) if isinstance(target.get("inputs"), list) else [above] if above else []
    port = port_of(draft, giver, reader, len(names)) if giver is not None else 0
    read = names[port] if names else None
    if read is not None and read != above:
        put_inputs(entry, [read])
    if "inputs" in target and isinstance(target["inputs"], list):
        names[port : port + 1] = [str(entry["name"])]
        target["inputs"][:] = names
    entries.insert(index, entry)


def _insert_before_base(draft: Draft, entries: list[Any], entry: Entry, giver: Node | None, reader: Node) -> None:
    names = list(reader.inputs)
    outputs = _outputs(draft, giver) if giver is not None else set(names[:1])
    port = next((place for place, name in enumerate(names) if name in outputs), None)
    if port is None:
        raise EditError(f"{reader.name} does not read {giver.name if giver else 'anything'}", "choose a connection")
    put_inputs(entry, [names[port]])
    names[port] = str(entry["name"])
    draft.entry(reader.address)["inputs"] = names
    entries.append(entry)


