"""What stands in a spec file, also in one with errors: its inputs, layers and blocks, by whom they read and where they
are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

from netspec.editing.syntax import BROKEN, TableNode, Tree
from netspec.editing.tracing import Traced, trace
from netspec.editing.writing import read
from netspec.graph import match_layers
from netspec.problems import Path
from netspec.spec.source import Source

Address = Path
"""Where something is edited: ("layers", 3); inside of blocks ("blocks", "basic", "layers", 0): the definition, which all
uses share; ("layers", "conv1"), with a name, for a layer of a base that this file extends: an edit writes a patch;
("extends", "base.toml", line, column) in a block that a base defines: every edit is refused."""


@dataclass(frozen=True)
class Node:
    """One input, layer, use of a block, or copy within a repeated use.

    name: the full one, "layer1.0.conv1"; a name that is missing or was given before is replaced by its place in the
    file, "layers[3]". parent: the use or copy of a block it stands in. inputs: full names of the layers (or inputs) that
    it reads; a name that exists nowhere stays as it is written.
    """

    name: str
    kind: Literal["input", "layer", "block"]
    type: str
    """Type of a layer ("?" when it has none), "input", or the name of the block."""
    address: Address
    parent: str | None = None
    inputs: tuple[str, ...] = ()
    line: int = 0
    """Line in the file's text; 0: it is written in a base file."""
    frozen: bool = False
    """Whether it is frozen, for whatever reason; of a block: all of it."""
    frozen_here: bool = False
    """Whether `frozen = true` stands at its address."""


@dataclass(frozen=True)
class Outline:
    """All nodes in the order of the text, a block before what is in it."""

    nodes: tuple[Node, ...] = ()
    transfer: dict[str, Any] = field(default_factory=dict)
    """[transfer], that of a base worked in."""
    base_transfer: dict[str, Any] = field(default_factory=dict)
    """What a base says under [transfer]."""
    base_layers: frozenset[str] = frozenset()
    """Names of the layers at the top of a base; what this file says of them are patches."""

    @cached_property
    def by_name(self) -> dict[str, Node]:
        """Nodes by their full names."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def _children(self) -> dict[str | None, list[Node]]:
        found: dict[str | None, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.parent, []).append(node)
        return found

    def children(self, parent: str | None) -> tuple[Node, ...]:
        """Nodes directly in a block; None: at the top."""
        return tuple(self._children.get(parent, ()))

    def leaves(self, name: str) -> Iterator[Node]:
        """The layers in a block, at any depth; a layer itself."""
        node = self.by_name.get(name)
        if node is not None and node.kind != "block":
            yield node
        for child in self.children(name) if node is not None else ():
            yield from self.leaves(child.name)

    def below(self, names: Iterable[str]) -> set[str]:
        """Layers of these names and all that they are computed from."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            node = self.by_name.get(waiting.pop())
            if node is not None and node.kind == "layer" and node.name not in found:
                found.add(node.name)
                waiting += node.inputs
        return found


@lru_cache(maxsize=4)
def outline(source: Source) -> Outline:
    """The outline of a text; never raises."""
    tree = read(source)
    found = trace(source, tree)
    nodes = tuple(_unique([*_inputs(tree, found.inputs), *(_node(tree, item) for item in found.layers)]))
    return _with_frozen(Outline(nodes, found.transfer, found.base_transfer, found.base_layers))


def _with_frozen(drawn: Outline) -> Outline:
    """The nodes with all reasons for which they are frozen worked in."""
    leaves = [node.name for node in drawn.nodes if node.kind == "layer"]
    frozen = {node.name for node in drawn.nodes if node.frozen}
    patterns, up_to = drawn.transfer.get("freeze"), drawn.transfer.get("freeze_to")
    for pattern in patterns if isinstance(patterns, list) else ():
        frozen.update(match_layers(pattern, leaves) if isinstance(pattern, str) else ())
    if isinstance(up_to, str):
        frozen |= drawn.below(match_layers(up_to, leaves))
    if not frozen:
        return drawn
    for node in reversed(drawn.nodes):
        if node.kind == "block":
            inside = drawn.children(node.name)
            frozen = frozen | {node.name} if inside and all(item.name in frozen for item in inside) else frozen - {node.name}
    nodes = tuple(replace(node, frozen=node.name in frozen) for node in drawn.nodes)
    return replace(drawn, nodes=nodes)


def _inputs(tree: Tree, names: list[str]) -> Iterator[Node]:
    """The network's inputs; where they are written in a base, with the name as address."""
    written: dict[str, tuple[Address, TableNode]] = {}
    for index, table in enumerate(_tables(tree.root.get("inputs"))):
        written[_input_name(table)] = ("inputs", index), table
    one = tree.root.get("input")
    if isinstance(one, TableNode):
        written[_input_name(one)] = ("input",), one
    for name in names:
        if name in written:
            address, table = written[name]
            yield Node(name, "input", "input", address, line=line_of(tree, table))
        else:
            yield Node(name, "input", "input", ("inputs", name))


def _tables(value: object) -> list[TableNode]:
    return [item for item in value if isinstance(item, TableNode)] if isinstance(value, list) else []


def _input_name(table: TableNode) -> str:
    name = table.get("name", "input")
    return name if isinstance(name, str) else "input"


def _node(tree: Tree, item: Traced) -> Node:
    line = 0 if item.table is None else line_of(tree, item.table)
    is_frozen = item.marked.get("frozen") is True
    frozen_here = (is_frozen and item.parent is None) if item.table is None else item.table.get("frozen") is True
    return Node(item.name, item.kind, item.type, item.address, item.parent, item.inputs, line, is_frozen, frozen_here)


def _unique(nodes: list[Node]) -> Iterator[Node]:
    """A name that is there already is replaced by the place in the file."""
    seen: set[str] = set()
    for node in nodes:
        name = node.name
        if name in seen:
            last = node.address[-1]
            name = f"{name}[{last}]"
            while name in seen:
                name += "'"
            node = replace(node, name=name)
        seen.add(name)
        yield node


def line_of(tree: Tree, table: TableNode) -> int:
    """The line where a table is named: that of its `name`, else where it starts."""
    pair = table.pairs.get("name")
    if pair is not None and table.get("name") is not BROKEN:
        return tree.line_of(pair.start)
    starts = [section.start for section in table.sections] or [pair.start for pair in table.pairs.values()]
    return tree.line_of(min(starts, default=table.start))
