"""The plan: what one run of a network does, call by call, and where every buffer lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import networkx as nx

from netspec.kernels.abi import ElementType
from netspec.kernels.calls import Call, Ref, Region
from netspec.layers.base import Layer, Shape
from netspec.losses.base import Loss
from netspec.optimizers.base import Optimizer
from netspec.plan.layout import Layout

Place = Literal["arena", "outside", "kept"]
"""In the arena, of the lane or the caller, or kept from run to run (`prepare.py`)."""

PrefixPart = Literal["whole", "only", "given"]
"""What becomes of the frozen prefix (`prefix.py`)."""


@dataclass(frozen=True)
class Goal:
    """What a plan is for."""

    batch: int
    """Samples."""
    training: bool = False
    """Batch statistics and dropout instead of running statistics."""
    loss: bool = False
    """Compute the loss."""
    gradients: bool = False
    """Compute the gradients of the trainable parameters."""
    input_gradients: bool = False
    """… and of the network's inputs; output gradients come from outside unless there is a loss."""
    steady: bool = True
    """In inference: the weights stay as they are from batch to batch, so work on them is worth keeping."""
    update: str = ""
    """Label of the optimizer whose updates may stand among the calls."""
    prefix: PrefixPart = "whole"
    """Compute the whole network; or its frozen prefix alone; or the rest of it, from values of the prefix that are given."""


@dataclass(frozen=True)
class Buffer:
    """A named array. `first` and `last` are the calls that touch it; `offset` is its place in the arena in bytes.

    `home`: the buffer whose place it takes over, when it has none of its own.
    """

    name: str
    size: int
    element: ElementType
    place: Place
    first: int = -1
    last: int = -1
    offset: int = -1
    home: str = ""


@dataclass(frozen=True)
class Plan:
    """Grows through the passes of `pipeline.py`; each pass fills in what the ones before it left open."""

    graph: nx.DiGraph[str]
    shapes: Mapping[str, Shape]
    goal: Goal
    dtype: str
    seed: int
    frozen: frozenset[str]
    inference_mode: frozenset[str]
    """Layers that use running statistics and drop nothing, even in training: the frozen ones, unless the spec says so."""
    layout: Layout
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    losses: tuple[Loss, ...] = ()
    loss_inputs: tuple[str, ...] = ()
    """For each loss the name of the output that it reads."""
    recompute: bool = False
    """Whether cheap values are computed again instead of kept."""
    optimizers: Mapping[str, Optimizer] = field(default_factory=dict)
    """By label."""
    prefix: frozenset[str] = frozenset()
    """Layers whose values are a fixed function of the sample (`prefix.py`)."""
    cut: tuple[str, ...] = ()
    """Those of their values, and inputs, that others read."""
    usual_batch: int = 0
    """Samples of most batches; 0: not known."""

    order: tuple[str, ...] = ()
    """Layers in the order of computation."""
    differentiated: frozenset[str] = frozenset()
    """Layers and inputs whose output needs a gradient."""
    shards: int = 0
    """Into how many shards of samples the batch of a small network is cut; 0: calls are cut each for itself."""
    usually_shards: bool = False
    """Whether the usual batch of training is."""
    calls: tuple[Call, ...] = ()
    sections: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """First and last + 1 call of "forward", "loss" and "backward"."""
    regions: tuple[Region, ...] = ()
    """Parallel regions: consecutive calls that need no waiting between them."""
    buffers: Mapping[str, Buffer] = field(default_factory=dict)
    arena_bytes: int = 0
    updates: bool = False
    """Whether the updates of `goal.update` are among the calls; then no gradients are left."""

    def layer(self, name: str) -> Layer:
        layer = self.graph.nodes[name]["layer"]
        assert isinstance(layer, Layer)
        return layer

    def gradient(self, value: str) -> Ref:
        """The gradient of the loss to a layer's output or to an input."""
        return Ref(f"gradient:{value}", self.elements(value))

    def value(self, name: str) -> Ref:
        """A layer's output or an input of the network."""
        return Ref(f"value:{name}", self.elements(name))

    def elements(self, name: str) -> int:
        """Elements of a layer's output for the whole batch."""
        size = self.goal.batch
        for extent in self.shapes[name]:
            size *= extent
        return size

    def samples_to_choose_for(self, name: str) -> int:
        """For how many samples a layer's algorithm is chosen; 0 in a batch cut into shards.

        The prefix is computed in batches of any size, but always by the algorithms of the usual batch.
        """
        if name in self.prefix and self.usual_batch:
            return 0 if self.usually_shards else self.usual_batch
        return 0 if self.shards else self.goal.batch

    def rests(self) -> bool:
        """Whether all parameters stay as they are until somebody loads others; else only those of frozen layers do."""
        return self.goal.steady and not self.goal.gradients

    def is_whole(self, ref: Ref) -> bool:
        """Whether it is all of a buffer in the arena."""
        if not ref.size:
            return False
        buffer = self.buffers[ref.buffer]
        return buffer.place == "arena" and ref.offset == 0 and ref.size == buffer.size

    def given_from_outside(self) -> set[str]:
        """Buffers that the caller fills: inputs, and the outputs' gradients when there is no loss."""
        return {self.value(name).buffer for name in self.inputs} | self._outer_gradients()

    def kept_to_the_end(self) -> set[str]:
        """Buffers that the caller reads: outputs and the gradients of inputs; and the gradients that it gave."""
        of_inputs = {self.gradient(name).buffer for name in self.differentiated.intersection(self.inputs)}
        return {self.value(name).buffer for name in self.outputs} | of_inputs | self._outer_gradients()

    def seen_outside(self) -> set[str]:
        """Buffers that the caller fills or reads."""
        return self.given_from_outside() | self.kept_to_the_end()

    def _outer_gradients(self) -> set[str]:
        names = [] if self.goal.loss else self.differentiated.intersection(self.outputs)
        return {self.gradient(name).buffer for name in names}
