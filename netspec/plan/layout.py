"""Where each parameter and each running statistic lies in its flat array.

Parameters that are updated come first, then those that are not frozen but that the loss does not depend on, then the frozen
ones: gradients and optimizer slots have no place for frozen parameters. Those that are updated alike (same multipliers
and penalties, learning since the same update) lie together, so that an update is one pass over each group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from netspec.freezing import FreezeStage
from netspec.graph import inputs_of
from netspec.kernels.calls import Ref
from netspec.layers.base import Layer, Parameter, Shape, State

ALIGNMENT = 16
"""Tensors begin at multiples of this many elements: a cache line of float32."""


@dataclass(frozen=True)
class Entry:
    """A tensor's place. `offset` counts elements."""

    layer: str
    tensor: Parameter | State
    offset: int

    @property
    def name(self) -> str:
        """The name in weight files: "conv1.weight"."""
        return f"{self.layer}.{self.tensor.name}"

    def ref(self, buffer: str) -> Ref:
        return Ref(buffer, self.tensor.size, self.offset)


@dataclass(frozen=True)
class Group:
    """A contiguous range of trainable parameters that are updated alike."""

    first: int
    last: int
    lr_mult: float
    decay_mult: float
    decays: bool
    l1: float = 0.0
    l2: float = 0.0
    since: int = 0
    """Updates that were done before this group was first updated: it counts its own from there."""
    pull: float = 0.0
    """Strength of l2_sp, which pulls it back to its pretrained values."""


@dataclass(frozen=True)
class Layout:
    """Places of all tensors by name, in graph order; sizes in elements."""

    parameters: Mapping[str, Entry]
    states: Mapping[str, Entry]
    groups: tuple[Group, ...]
    updated_size: int
    """Up to here lie the parameters that the loss depends on and that are not frozen: those that are updated."""
    trainable_size: int
    """Up to here lie the parameters that are not frozen."""
    parameter_size: int
    state_size: int

    def updated(self) -> list[Entry]:
        """The parameters that are updated, in order of their place."""
        entries = [entry for entry in self.parameters.values() if entry.offset < self.updated_size]
        return sorted(entries, key=lambda entry: entry.offset)


def make_layout(
    graph: nx.DiGraph[str], order: tuple[str, ...], shapes: Mapping[str, Shape], stage: FreezeStage,
    learning: frozenset[str], since: Mapping[str, int],
) -> Layout:  # fmt: skip
    """Give every parameter and statistic of the layers, in `order`, its place.

    stage: which layers are frozen, and the multipliers of the others; learning: layers that the loss depends on, of which
    those that are not frozen are updated; since: of layers that began to learn late, the updates that were done by then.
    """
    frozen = stage.frozen
    tensors = [(name, tensor) for name in order for tensor in _layer(graph, name).parameters(_inputs(graph, name, shapes))]
    keys = {
        (name, tensor.name): _group_key(_layer(graph, name), tensor, stage, since)
        for name, tensor in tensors if name in learning - frozen
    }  # fmt: skip
    shelf = _Shelf()
    groups = []
    for key in dict.fromkeys(keys.values()):
        first = shelf.end
        shelf.put((name, tensor) for name, tensor in tensors if keys.get((name, tensor.name)) == key)
        groups.append(Group(first, shelf.end, *key))
    updated_size = shelf.end
    shelf.put((name, tensor) for name, tensor in tensors if name not in learning | frozen)
    trainable_size = shelf.end
    shelf.put((name, tensor) for name, tensor in tensors if name in frozen)
    parameters = {f"{name}.{tensor.name}": shelf.entries[f"{name}.{tensor.name}"] for name, tensor in tensors}
    states = _Shelf()
    states.put((name, state) for name in order for state in _layer(graph, name).states(_inputs(graph, name, shapes)))
    return Layout(parameters, states.entries, tuple(groups), updated_size, trainable_size, shelf.end, states.end)


class _Shelf:
    """Places tensors one behind the other."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.end = 0

    def put(self, tensors: Iterable[tuple[str, Parameter | State]]) -> None:
        for layer, tensor in tensors:
            entry = Entry(layer, tensor, self.end)
            self.entries[entry.name] = entry
            self.end = -(-(self.end + tensor.size) // ALIGNMENT) * ALIGNMENT


def _group_key(
    layer: Layer, tensor: Parameter, stage: FreezeStage, since: Mapping[str, int]
) -> tuple[float, float, bool, float, float, int, float]:
    name, decays = layer.name, tensor.decays
    pull = stage.pulls.get(name, 0.0) if decays else 0.0
    return stage.rates[name], stage.decays[name], decays, layer.l1, layer.l2, since.get(name, 0), pull


def _layer(graph: nx.DiGraph[str], name: str) -> Layer:
    layer = graph.nodes[name]["layer"]
    assert isinstance(layer, Layer)
    return layer


def _inputs(graph: nx.DiGraph[str], name: str, shapes: Mapping[str, Shape]) -> list[Shape]:
    return [shapes[source] for source in inputs_of(graph, name)]
