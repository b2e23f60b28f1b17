"""Spec → directed graph of inputs and layers.

Nodes are names, in file order, with the attributes `layer` (None for inputs), `shape` (inputs only) and `index` (place
in the file). An edge a → b has `ports`: the places among b's inputs where a goes in; add(x, x) has ports (0, 1).
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

import networkx as nx

from netspec.layers.base import Layer
from netspec.losses.base import Loss
from netspec.problems import Path, Span
from netspec.spec.sections import Input, Transfer

Locate = Callable[[Path], Span | None]

REGEX = "re:"
"""Begins a pattern that is a regular expression."""


class Network(Protocol):
    """What the graph is made of: a Spec, or what is valid of a spec with errors."""

    @property
    def inputs(self) -> Sequence[Input]: ...
    @property
    def layers(self) -> Sequence[Layer]: ...
    @property
    def outputs(self) -> Sequence[str] | None: ...
    @property
    def losses(self) -> Sequence[Loss]: ...
    @property
    def transfer(self) -> Transfer | None: ...


def build_graph(spec: Network) -> nx.DiGraph[str]:
    """The graph; names that do not exist give no edge, a second node of the same name is left out."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for place, item in enumerate(spec.inputs):
        if item.name not in graph:
            graph.add_node(item.name, layer=None, shape=item.shape, index=place - len(spec.inputs))
    for place, layer in enumerate(spec.layers):
        if layer.name not in graph:
            graph.add_node(layer.name, layer=layer, shape=None, index=place)
    for place, layer in enumerate(spec.layers):
        if graph.nodes[layer.name]["index"] != place:
            continue
        for port, name in enumerate(read_names(spec, place)):
            if name in graph:
                ports = graph.edges[name, layer.name]["ports"] if graph.has_edge(name, layer.name) else ()
                graph.add_edge(name, layer.name, ports=(*ports, port))
    return graph


def read_names(spec: Network, place: int) -> tuple[str, ...]:
    """What a layer reads: its `inputs`, else the layer above, else the network's only input."""
    layer = spec.layers[place]
    if layer.inputs is not None:
        return tuple(layer.inputs)
    if place:
        return (spec.layers[place - 1].name,)
    return (spec.inputs[0].name,) if len(spec.inputs) == 1 else ()


def loss_path(spec: Network, place: int) -> Path:
    """Where a loss stands: [loss], or one of several [[losses]]."""
    return ("loss",) if len(spec.losses) == 1 else ("losses", place)


def input_path(spec: Network, place: int) -> Path:
    """Where an input stands: `[input]` when it is the only one, else in `[[inputs]]`."""
    return ("input",) if len(spec.inputs) == 1 else ("inputs", place)


def inputs_of(graph: nx.DiGraph[str], name: str) -> list[str]:
    """What a layer reads, in the order of its ports."""
    ports = {port: source for source, _, data in graph.in_edges(name, data=True) for port in data["ports"]}
    return [ports[port] for port in sorted(ports)]


def outputs_of(spec: Network, graph: nx.DiGraph[str]) -> tuple[str, ...]:
    """The network's outputs: `outputs`, else the layers that nobody reads, in file order."""
    if spec.outputs is not None:
        return tuple(name for name in spec.outputs if name in graph)
    return tuple(name for name in graph if graph.nodes[name]["layer"] is not None and graph.out_degree(name) == 0)


def order(graph: nx.DiGraph[str]) -> list[str]:
    """Names so that each comes after all it reads; of those that are ready, in file order. Nodes of cycles are out."""
    waiting = {name: graph.in_degree(name) for name in graph}
    ready = [(graph.nodes[name]["index"], name) for name in graph if not waiting[name]]
    heapq.heapify(ready)
    result = []
    while ready:
        _, name = heapq.heappop(ready)
        result.append(name)
        for follower in graph.successors(name):
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, (graph.nodes[follower]["index"], follower))
    return result


def match_layers(pattern: str, layers: Iterable[str]) -> list[str]:
    """Layers of this name, below it ("layer1" → "layer1.0.conv1"), or matched by the glob; "re:…": by all of the name.

    What is no regular expression matches nothing.
    """
    if pattern.startswith(REGEX):
        try:
            matches = re.compile(pattern.removeprefix(REGEX)).fullmatch
        except re.error:
            return []
        return [name for name in layers if matches(name)]
    return [name for name in layers if name == pattern or name.startswith(f"{pattern}.") or fnmatchcase(name, pattern)]


def match_any(patterns: Iterable[str], layers: Collection[str]) -> set[str]:
    """Layers that at least one of the patterns matches, as `match_layers` says."""
    return {name for pattern in patterns for name in match_layers(pattern, layers)}


def has_parameters(layer: Layer | None) -> bool:
    """Whether it is a layer of a type that learns."""
    return layer is not None and type(layer).parameters is not Layer.parameters


def layers_of(graph: nx.DiGraph[str]) -> list[str]:
    """Names of the layers, without the inputs, in file order."""
    return [name for name in graph if graph.nodes[name]["layer"] is not None]
