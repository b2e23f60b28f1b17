"""What a network wants from a file of weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx

from netspec.layers.base import Shape
from netspec.plan.plan import Plan


@dataclass(frozen=True)
class Wanted:
    """The network's tensors by name with their shapes, its graph, and the shapes of all values that flow in it."""

    tensors: Mapping[str, Shape]
    """ "conv1.weight" → (6, 3, 5, 5); parameters and running statistics, in graph order."""
    graph: nx.DiGraph[str]
    shapes: Mapping[str, Shape]
    """Layer or input → shape of its output: (C, H, W) or (F,)."""

    @classmethod
    def of(cls, plan: Plan) -> Wanted:
        """What the network of a plan wants."""
        entries = {**plan.layout.parameters, **plan.layout.states}
        shapes = {name: entry.tensor.shape for name, entry in entries.items()}
        return cls(shapes, plan.graph, plan.shapes)

    def type_of(self, layer: str) -> str:
        """ "conv2d"; "" for inputs and for layers that are not here."""
        found = self.graph.nodes[layer]["layer"] if layer in self.graph else None
        return "" if found is None else str(found.type)
