"""What the palette offers: the layers of the registry by family, and the blocks of the open spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gui.state import State
from netspec import editing
from netspec.layers.base import Layer
from netspec.registry import plugins

FAMILIES = {
    "convolution": "Convolution", "linear": "Linear", "normalization": "Normalization", "activation": "Activation",
    "pooling": "Pooling", "merge": "Merge", "shape": "Shape and other",
}  # fmt: skip
BLOCKS = "Blocks of this spec"
OTHER_USES = ("name", "inputs", "type", "when")
"""Keys of a block's use that another use does not take over."""


@dataclass(frozen=True)
class Entry:
    """One line of the palette. aliases: other names by which it is found."""

    type: str
    label: str
    family: str
    summary: str
    aliases: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, query: str) -> bool:
        """Whether all words of a search occur in its name, its family, its aliases or its summary."""
        text = " ".join((self.label, self.family, *self.aliases, self.summary)).lower()
        return all(word in text for word in query.lower().split())


def layer_entries() -> dict[str, list[Entry]]:
    """Heading → layers, families in their order, layers by name."""
    known: dict[str, type[Layer]] = plugins("netspec.layers")
    found: dict[str, list[Entry]] = {heading: [] for heading in FAMILIES.values()}
    for name, plugin in known.items():
        entry = Entry(name, name, plugin.family, plugin.summary(), plugin.aliases)
        found[FAMILIES.get(plugin.family, FAMILIES["shape"])].append(entry)
    return {heading: entries for heading, entries in found.items() if entries}


def block_entries(state: State | None) -> list[Entry]:
    """The blocks that the spec defines, each with the values of its first use."""
    if state is None:
        return []
    found: dict[str, Entry] = {}
    for node in state.outline.nodes:
        if node.kind == "block" and node.type not in found:
            uses = sum(other.kind == "block" and other.type == node.type for other in state.outline.nodes)
            given = _fields(state, node.address)
            found[node.type] = Entry("block", node.type, "block", f"A block of this spec, used {uses} times", (), given)
    return list(found.values())


def _fields(state: State, address: Sequence[str | int]) -> dict[str, Any]:
    written = editing.fields(state.source, tuple(address))
    plain = {key: value for key, value in written.items() if key not in OTHER_USES and not _is_expression(value)}
    return {**plain}


def _is_expression(value: Any) -> bool:
    """Values that mean something only where they are written: "${width}"."""
    return "${" in str(value)
