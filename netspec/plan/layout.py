"""Where each parameter and each running statistic lies in its flat array.

Trainable parameters come first, so that gradients and optimizer slots have no place for frozen ones, and parameters that
are updated alike (same multipliers) lie together, so that an update is one pass over each group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx

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


@dataclass(frozen=True)
class Layout:
    """Places of all tensors by name, in graph order; sizes in elements."""

    parameters: Mapping[str, Entry]
    states: Mapping[str, Entry]
    groups: tuple[Group, ...]
    trainable_size: int
    parameter_size: int
    state_size: int

    def trainable(self) -> list[Entry]:
        """The parameters that are learned, in order of their place."""
        entries = [entry for entry in self.parameters.values() if entry.offset < self.trainable_size]
        return sorted(entries, key=lambda entry: entry.offset)


def make_layout(graph: nx.DiGraph[str], order: tuple[str, ...], shapes: Mapping[str, Shape], frozen: frozenset[str]) -> Layout:
    """Give every parameter and statistic of the layers, in `order`, its place."""
    tensors = [(name, tensor) for name in order for tensor in _layer(graph, name).parameters(_inputs(graph, name, shapes))]
    keys = {(name, t.name): _group_key(graph, name, t) for name, t in tensors if name not in frozen}
    placed: dict[str, Entry] = {}
    groups, offset = [], 0
    for key in dict.fromkeys(keys.values()):
        first = offset
        for name, tensor in tensors:
            if keys.get((name, tensor.name)) == key:
                entry = Entry(name, tensor, offset)
                placed[entry.name] = entry
                offset = _aligned(offset + tensor.size)
        groups.append(Group(first, offset, *key))
    trainable_size = offset
    for name, tensor in tensors:
        if name in frozen:
            entry = Entry(name, tensor, offset)
            placed[entry.name] = entry
            offset = _aligned(offset + tensor.size)
    in_order = {f"{name}.{tensor.name}": placed[f"{name}.{tensor.name}"] for name, tensor in tensors}
    states, state_size = _place_states(graph, order, shapes)
    return Layout(in_order, states, tuple(groups), trainable_size, offset, state_size)


def _place_states(graph: nx.DiGraph[str], order: tuple[str, ...], shapes: Mapping[str, Shape]) -> tuple[dict[str, Entry], int]:
    entries: dict[str, Entry] = {}
    offset = 0
    for name in order:
        for state in _layer(graph, name).states(_inputs(graph, name, shapes)):
            entry = Entry(name, state, offset)
            entries[entry.name] = entry
            offset = _aligned(offset + state.size)
    return entries, offset


def _group_key(graph: nx.DiGraph[str], name: str, tensor: Parameter) -> tuple[float, float, bool]:
    layer = _layer(graph, name)
    return layer.lr_mult, layer.decay_mult, tensor.decays


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _layer(graph: nx.DiGraph[str], name: str) -> Layer:
    layer = graph.nodes[name]["layer"]
    assert isinstance(layer, Layer)
    return layer


def _inputs(graph: nx.DiGraph[str], name: str, shapes: Mapping[str, Shape]) -> list[Shape]:
    return [shapes[source] for source in inputs_of(graph, name)]
