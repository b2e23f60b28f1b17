"""An edit in progress: the tables of a text, the outline of what stands in it, and the ways from one to the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from netspec.editing.errors import EditError
from netspec.editing.outline import Address, Node, Outline, outline
from netspec.editing.syntax import BROKEN, ArrayNode, TableNode, plain
from netspec.editing.tracing import file_of
from netspec.editing.writing import read, write
from netspec.spec.sections import NAME
from netspec.spec.source import Source
from netspec.spec.suggest import question

Entry = dict[str, Any]


LOSS_KEYS = ("input", "target", "scores")
"""Keys of a loss that name layers or inputs."""


def losses_in(root: Entry) -> list[Entry]:
    """The tables of the losses: [loss], or [[losses]]."""
    several = root.get("losses")
    found = [root.get("loss"), *(several if isinstance(several, list) else ())]
    return [loss for loss in found if isinstance(loss, dict)]


class Draft:
    """Tables that may be changed; `text` gives the result."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tree = read(source)
        self.root = self.tree.root
        self.outline: Outline = outline(source)

    def text(self) -> str:
        """The changed text."""
        return write(self.source, self.tree)

    def node(self, name: str) -> Node:
        """A layer, block or input by its full name."""
        node = self.outline.by_name.get(name)
        if node is None:
            raise EditError(f"there is no layer {name}", question(name, self.outline.by_name, what="layers"))
        return node

    def nodes(self, names: Iterable[str]) -> list[Node]:
        """Several, in the order of the text, without inputs of the network and without doubles."""
        wanted = {self.node(name).name for name in names}
        return [node for node in self.outline.nodes if node.name in wanted and node.kind != "input"]

    def entry(self, address: Address) -> Entry:
        """The table at an address; a patch of it where it is written in a base."""
        self.check_is_here(address)
        if len(address) == 2 and address[0] in ("layers", "inputs") and isinstance(address[1], str):
            return self._patch(str(address[0]), address[1])
        value: Any = self.root
        for step in address:
            value = value.get(step) if isinstance(value, dict) else _item(value, step)
        if not address or not isinstance(value, dict):
            raise EditError("this is written in a file that this one extends", "open that file to change it there")
        return value

    def _patch(self, key: str, name: str) -> Entry:
        entries = self.root.get(key)
        if not isinstance(entries, list):
            entries = self.root[key] = []
        for entry in entries:
            if isinstance(entry, dict) and entry.get("name") == name:
                return entry
        entries.append({"name": name})
        made: Entry = entries[-1]
        return made

    def check_is_here(self, address: Address) -> None:
        """Refuse to edit a layer of a block that a base defines."""
        file = file_of(address)
        if file is not None:
            name = next((node.name for node in self.outline.nodes if node.address == address), "this layer")
            where = file or "a file that this one extends"
            raise EditError(f"{name} is written in {where}", "open that file, or define the block here")

    def check_has_own_name(self, node: Node) -> None:
        """Refuse what needs the name of a layer that its block works out from parameters: "conv.${at + 1}"."""
        name = str(self.entry(node.address).get("name"))
        if "${" in name:
            raise EditError(f"the name of {node.name} is worked out from {name}", "change it in the text")

    def siblings(self, address: Address) -> list[Any]:
        """The list of layers that an entry stands in: the file's, or a block's."""
        self.check_is_here(address)
        if not address or not isinstance(address[-1], int):
            return self.layers()
        value: Any = self.root
        for step in address[:-1]:
            value = value.get(step) if isinstance(value, dict) else _item(value, step)
        if not isinstance(value, list):
            raise EditError("this is written in a file that this one extends", "open that file to change it there")
        return value

    def layers(self) -> list[Any]:
        """The file's own layers; made when there are none."""
        layers = self.root.get("layers")
        if not isinstance(layers, list):
            layers = self.root["layers"] = []
        return layers

    def bodies(self) -> Iterator[list[Any]]:
        """Every list of layers in the file: its own and those of its blocks."""
        if isinstance(self.root.get("layers"), list):
            yield self.root["layers"]
        blocks = self.root.get("blocks")
        for block in blocks.values() if isinstance(blocks, dict) else ():
            if isinstance(block, dict) and isinstance(block.get("layers"), list):
                yield block["layers"]


def _item(value: Any, step: Any) -> Any:
    is_there = isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
    return value[step] if is_there else None


def local_name(node: Node) -> str:
    """The name as it stands in the text: the full one without that of the block around it."""
    return node.name if node.parent is None else node.name.removeprefix(f"{node.parent}.")


def context(address: Address) -> Address:
    """The list in which an entry stands: ("layers",) or ("blocks", "basic", "layers")."""
    return address[:-1]


def names_in(entries: Iterable[Any]) -> set[str]:
    """Names given in a list of layers."""
    return {entry["name"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)}


def check_name(name: str, taken: Iterable[str]) -> None:
    """Refuse a name that no layer may have, or that another one has."""
    if not re.fullmatch(NAME, name) or len(name) > 120:
        raise EditError(f"{name!r} is no name for a layer", "use letters, digits, _ and -, with dots between")
    if name in set(taken):
        raise EditError(f"the name {name} is already taken", "choose another one")


def fresh_name(stem: str, taken: Iterable[str]) -> str:
    """conv → conv1, conv2, …: the first that is free."""
    taken = set(taken)
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def assign(table: Entry, key: str, value: Any) -> None:
    """Set a key; in tables and lists that are there already only what differs, so that the rest keeps its text."""
    old = table.get(key)
    if isinstance(old, TableNode) and isinstance(value, Mapping):
        for gone in [name for name in old if name not in value]:
            del old[gone]
        for name, item in value.items():
            assign(old, name, item)
    elif isinstance(old, ArrayNode) and old.form == "inline" and isinstance(value, list | tuple):
        if plain(old) != list(value):
            old[:] = value
    elif old is BROKEN or key not in table or old != value or type(old) is not type(value):
        table[key] = value
