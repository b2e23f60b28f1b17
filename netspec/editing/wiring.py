"""Who reads whom, in the words of the text: names in `inputs`, and the layer above where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.editing.draft import Draft, Entry, local_name
from netspec.editing.errors import EditError
from netspec.editing.outline import Address, Node, outline
from netspec.registry import plugins
from netspec.spec.source import Source

INSIDE = "input"
"""What a block reads, under its name inside of it."""


def connect(source: Source, giver: str, reader: str, port: int | None = None) -> str:
    """Let `reader` read `giver`: at a port, in place of its only input, or as one more input of a merging layer."""
    draft = Draft(source)
    to, of = draft.node(reader), draft.node(giver)
    if to.kind == "input":
        raise EditError(f"{reader} is an input of the network and reads nothing", "connect it to a layer")
    if to.name == of.name:
        raise EditError(f"{reader} cannot read itself", "connect two layers")
    name = name_for(draft, of, to)
    names = read_names(draft, to)
    if port is None:
        port = len(names) if _takes_more(to, len(names)) else 0
    if port < len(names):
        names[port] = name
    else:
        names.append(name)
    set_inputs(draft, to.address, names)
    text = draft.text()
    _check(source, text, to, of)
    return text


def disconnect(source: Source, giver: str, reader: str, port: int | None = None) -> str:
    """Take one input away: that of a port, else the first that is `giver`."""
    draft = Draft(source)
    to, of = draft.node(reader), draft.node(giver)
    names = read_names(draft, to)
    if port is None:
        port = port_of(draft, of, to, len(names))
    if not 0 <= port < len(names):
        raise EditError(f"{reader} does not read {giver}", "choose a connection that is there")
    del names[port]
    set_inputs(draft, to.address, names)
    return draft.text()


def port_of(draft: Draft, giver: Node, reader: Node, written: int) -> int:
    """At which of its inputs a layer reads another. written: how many names its `inputs` has."""
    full = {giver.name, *(leaf.name for leaf in draft.outline.leaves(giver.name))}
    ports = [port for port, name in enumerate(reader.inputs) if name in full]
    if not ports:
        raise EditError(f"{reader.name} does not read {giver.name}", "choose a connection that is there")
    if written != len(reader.inputs):
        message = f"{reader.name} reads all inputs of its block under one name"
        raise EditError(message, "write input.0, input.1 … in the text first")
    return ports[0]


def _check(source: Source, text: str, reader: Node, giver: Node) -> None:
    """Names mean different things in different blocks: what was written must mean the giver."""
    after = outline(Source(source.file, text, source.format, source.folder))
    node = after.by_name.get(reader.name)
    givers = {leaf.name for leaf in after.leaves(giver.name)} | {giver.name}
    if node is None or not givers & set(node.inputs):
        message = f"{reader.name} cannot read {giver.name}: they stand in different blocks"
        raise EditError(message, "connect layers of the same block, or connect the blocks")


def _takes_more(reader: Node, number: int) -> bool:
    plugin = plugins("netspec.layers").get(reader.type)
    if reader.kind == "block":
        return number == 0
    most = getattr(plugin, "arity", (1, 1))[1]
    return most is None or number < most


def name_for(draft: Draft, giver: Node, reader: Node) -> str:
    """What the giver is called where the reader stands: beside it, around it, or at the top of the file."""
    if giver.parent == reader.parent:
        return local_name(giver)
    if reader.parent is None:
        return giver.name
    parent: str | None = reader.parent
    while parent is not None and parent != giver.parent:
        parent = draft.node(parent).parent
    if parent != giver.parent:
        message = f"{reader.name} cannot read {giver.name}: they stand in different blocks"
        raise EditError(message, "connect layers of the same block, or connect the blocks")
    return local_name(giver)


def read_names(draft: Draft, node: Node) -> list[str]:
    """What a layer reads, in the words of its place; the layer above included, where it has no `inputs`."""
    entries, index = draft.siblings(node.address), node.address[-1]
    entry = entries[index] if isinstance(index, int) and index < len(entries) else None
    if isinstance(entry, dict) and isinstance(entry.get("inputs"), list):
        return [name if isinstance(name, str) else "" for name in entry["inputs"]]
    if is_patch(draft, node.address):
        return list(node.inputs)
    above = above_name(draft, node.address)
    return [] if above is None else [above]


def is_patch(draft: Draft, address: Address) -> bool:
    """Whether a layer comes from a base: its entry, if there is one, only patches it."""
    draft.check_is_here(address)
    if isinstance(address[-1], str):
        return True
    if address[0] != "layers" or "extends" not in draft.root:
        return False
    entry = draft.siblings(address)[address[-1]]
    return entry.get("name") in draft.outline.base_layers or "type" not in entry


def above_name(draft: Draft, address: Address) -> str | None:
    """The name of the entry above; for the first one what its block reads, or the network's only input."""
    if address[0] == "layers" and draft.outline.base_layers:
        return _above_in_merged(draft, address)
    entries, index = draft.siblings(address), address[-1]
    for entry in reversed(entries[:index] if isinstance(index, int) else ()):
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            return str(entry["name"])
    if address[0] == "blocks":
        return INSIDE
    if "extends" in draft.root:
        layers = [node for node in draft.outline.children(None) if node.kind != "input"]
        before = [node.name for node in layers if isinstance(node.address[-1], str)]
        return before[-1] if before else None
    return only_input(draft)


def _above_in_merged(draft: Draft, address: Address) -> str | None:
    """The layer above where the base is worked in: patches stand where the base has what they patch."""
    nodes = [node for node in draft.outline.children(None) if node.kind != "input"]
    place = next((place for place, node in enumerate(nodes) if node.address == address), len(nodes))
    return nodes[place - 1].name if place else only_input(draft)


def only_input(draft: Draft) -> str | None:
    """The network's input, when it has one."""
    inputs = [node.name for node in draft.outline.nodes if node.kind == "input"]
    return inputs[0] if len(inputs) == 1 else None


def set_inputs(draft: Draft, address: Address, names: list[str]) -> None:
    """Write `inputs`, unless they are the layer above and nothing else."""
    entry = draft.entry(address)
    old = entry.get("inputs")
    if isinstance(old, list):
        old[:] = names
    elif is_patch(draft, address) or names != [above_name(draft, address)]:
        put_inputs(entry, names)


def put_inputs(entry: Entry, names: list[str]) -> None:
    """A new key `inputs`."""
    entry["inputs"] = names


def readers_in(entries: list[Any], name: str) -> Iterator[Entry]:
    """Entries of a list whose `inputs` name a layer."""
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("inputs"), list) and name in entry["inputs"]:
            yield entry


def follower(entries: list[Any], index: int) -> Entry | None:
    """The next entry, when it reads this one only because it stands below it."""
    for entry in entries[index + 1 :]:
        if isinstance(entry, dict):
            return entry if "inputs" not in entry else None
    return None
