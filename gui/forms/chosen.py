"""What the chosen layers have in common: the tables they are written in, their keys, their problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gui.forms.fields import Field
from gui.forms.tables import keys_at, kinds_like
from gui.state import State
from gui.text.layers_in_text import scanned
from netspec.editing import Address, Node, file_of
from netspec.layers.base import Layer
from netspec.problems import Problem

HEAD = frozenset({"name", "type", "frozen"})
"""Keys that stand above the form."""
TRAINING, WIRING = ("lr_mult", "decay_mult", "l1", "l2"), ("inputs", "when")
USE = ("block", "repeat", "first", "each")


@dataclass(frozen=True)
class Chosen:
    """nodes: what is chosen; tables: what is written at each of the addresses, resolved: what it comes to."""

    nodes: tuple[Node, ...]
    addresses: tuple[Address, ...]
    tables: tuple[dict[str, Any], ...]
    resolved: tuple[dict[str, Any], ...]
    fields: Mapping[str, Field]
    problems: tuple[Problem, ...]
    uses: int
    """How many layers or uses the one chosen table makes; 1 outside of blocks."""

    @property
    def types(self) -> frozenset[str]:
        """Types of the chosen layers; blocks' names for blocks."""
        return frozenset(node.type for node in self.nodes)

    @property
    def is_single(self) -> bool:
        """Whether one table is shown, be it that of several copies."""
        return len(self.addresses) == 1

    @property
    def is_layers(self) -> bool:
        """Whether only layers are chosen, no blocks and no inputs."""
        return all(node.kind == "layer" for node in self.nodes)

    @property
    def block(self) -> str | None:
        """The block in whose definition the one chosen table stands."""
        address = self.addresses[0]
        return str(address[1]) if self.is_single and address[0] == "blocks" else None

    @property
    def is_inherited(self) -> bool:
        """Whether the layer is written in a file that this one extends."""
        return any(len(address) == 2 and isinstance(address[1], str) for address in self.addresses)

    @property
    def elsewhere(self) -> str | None:
        """The file that holds the block which a chosen layer is part of, where that is not this one: nothing here can
        change the layer."""
        return next(filter(None, map(file_of, self.addresses)), None)


def chosen_of(state: State, names: Sequence[str]) -> Chosen | None:
    """What is known of layers by their full names; None when none of them is there."""
    nodes = tuple(state.outline.by_name[name] for name in names if name in state.outline.by_name)
    if not nodes:
        return None
    addresses = tuple(dict.fromkeys(node.address for node in nodes))
    tables = tuple(_table(state, address) for address in addresses)
    resolved = tuple(_resolved(state, [node for node in nodes if node.address == address]) for address in addresses)
    fields = _shared([_fields(state, node, table) for node, table in zip(_firsts(nodes, addresses), tables, strict=True)])
    alike = [node for node in state.outline.nodes if node.address in addresses]
    copies = {node.name for node in alike if node.parent in {other.name for other in alike}}
    uses = len([node for node in alike if node.name not in copies]) if len(addresses) == 1 else 1
    return Chosen(nodes, addresses, tables, resolved, fields, _problems(state, alike), uses)


def grouped(fields: Mapping[str, Field]) -> dict[str, list[Field]]:
    """The keys in the groups of the form."""
    rest = [field for key, field in fields.items() if key not in {*HEAD, *TRAINING, *WIRING}]
    is_use = "block" in fields
    groups = {"": [field for field in rest if not is_use or field.key in USE]}
    if is_use:
        groups["Parameters of the block"] = [field for field in rest if field.key not in USE]
    groups["Training"] = [fields[key] for key in TRAINING if key in fields]
    groups["Wiring"] = [fields[key] for key in WIRING if key in fields]
    return groups


def names_to_read(state: State, node: Node) -> list[str]:
    """Names that `inputs` of a node may hold: its neighbours and the inputs."""
    found = [other for other in state.outline.children(node.parent) if other.name != node.name]
    if node.parent is None:
        return [other.name for other in found]
    return [*(other.name.removeprefix(f"{node.parent}.") for other in found), "input"]


def _firsts(nodes: Sequence[Node], addresses: Sequence[Address]) -> list[Node]:
    return [next(node for node in nodes if node.address == address) for address in addresses]


def _table(state: State, address: Address) -> dict[str, Any]:
    """What is written at an address, as plain values."""
    found = scanned(state.text, state.format)
    if address and isinstance(address[-1], str) and len(address) == 2 and address[0] in ("layers", "inputs"):
        entries = found.at(address[:1])
        item = next((entry for entry in (entries.items if entries else ()) if entry.word("name") == address[1]), None)
    else:
        item = found.at(address)
    plain = item.plain() if item is not None else {}
    return plain if isinstance(plain, dict) else {}


def _resolved(state: State, nodes: Sequence[Node]) -> dict[str, Any]:
    """What the tables come to when variables, blocks and extended files are worked out; keys on which all agree."""
    if not state.is_settled:
        return {}
    names = {node.name for node in nodes}
    several: list[dict[str, Any]] = [
        item for item in [*state.tree.get("layers", ()), *state.tree.get("inputs", ())]
        if isinstance(item, dict) and item.get("name", "input") in names
    ]  # fmt: skip
    first = several[0] if several else {}
    same = {key: value for key, value in first.items() if all(table.get(key) == value for table in several)}
    if any(node.parent is not None for node in nodes):
        same.pop("inputs", None)  # full names, which mean nothing where the block is defined
    return same


def _fields(state: State, node: Node, table: Mapping[str, Any]) -> dict[str, Field]:
    """The keys that a node's table may have, and those it has although it may not."""
    tree = scanned(state.text, state.format).tree
    if node.kind == "input":
        keys = keys_at(("input",), {})
    else:
        own = {"type": "block", "block": node.type} if node.kind == "block" else {"type": node.type}
        keys = keys_at(("layers", 0), {"dialect": tree.get("dialect"), "blocks": tree.get("blocks"), "layers": [own]})
    known = dict(keys.fields) if keys is not None else {}
    strange = [key for key in table if key not in known]
    others = {key: Field(key, kinds_like(table[key]), "This key is not known here.") for key in strange}
    return {**known, **others}


def _shared(several: Sequence[Mapping[str, Field]]) -> dict[str, Field]:
    """Keys that all have, with the same meaning."""
    first, *rest = several
    return {
        key: field for key, field in first.items() if all(key in other and other[key].kinds == field.kinds for other in rest)
    }


def _problems(state: State, nodes: Sequence[Node]) -> tuple[Problem, ...]:
    names = {node.name for node in nodes}
    places = {node.address[1] for node in nodes if len(node.address) > 1 and node.address[0] == "layers"}
    kinds = {"inputs", "input"} if any(node.kind == "input" for node in nodes) else {"layers"}
    return tuple(
        problem for problem in state.problems
        if problem.path and problem.path[0] in kinds
        and (problem.path[0] == "input" or (len(problem.path) > 1 and _is_one(problem.path[1], names, places)))
    )  # fmt: skip


def _is_one(step: str | int, names: set[str], places: set[Any]) -> bool:
    return step in names if isinstance(step, str) else step in places


def family_of(kind: str) -> str:
    """The family of a layer's type; "shape" for others."""
    from netspec.registry import plugins

    layer: type[Layer] | None = plugins("netspec.layers").get(kind)
    return layer.family if layer is not None else "shape"
