"""Pass: the frozen prefix apart from the rest of the network.

The prefix is the largest set of layers, closed under "what I am computed from", whose values in a training step are a fixed
function of the sample alone: frozen layers in inference mode, and layers that learn nothing, keep nothing and draw nothing.
The cut are the values of the prefix (and inputs of the network) that the rest reads, and those that are outputs.

before: the order of all layers; after: the prefix comes first. With the goal's prefix "only" nothing else is left, and the cut
is the output; with "given" the prefix is gone, and the cut comes from outside in its place. The bits of both together are
those of the whole: nothing is fused across the cut (`fuse.py`), and the algorithms of the prefix are chosen for the usual
batch, so that a sample's values do not depend on the batch in which they are computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from netspec.graph import inputs_of
from netspec.graph import order as graph_order
from netspec.kernels.calls import Call
from netspec.plan.lower import calls_of
from netspec.plan.plan import Goal, Plan


def find_prefix(plan: Plan) -> Plan:
    """The plan with its frozen prefix and cut; both empty where no frozen layer has anything to learn."""
    prefix: set[str] = set()
    for name in _layers(plan):
        if all(source in prefix or source in plan.inputs for source in inputs_of(plan.graph, name)) and _is_fixed(plan, name):
            prefix.add(name)
    if not any(name in plan.frozen and _tensors(plan, name) for name in prefix):
        return plan
    read = {source for name in _layers(plan) if name not in prefix for source in inputs_of(plan.graph, name)}
    seen = read.union(plan.outputs, plan.loss_inputs)
    cut = tuple(name for name in graph_order(plan.graph) if name in seen and (name in prefix or name in plan.inputs))
    return replace(plan, prefix=frozenset(prefix), cut=cut)


def split(plan: Plan) -> Plan:
    """Put the prefix first, or leave out one of the two parts."""
    first = tuple(name for name in plan.order if name in plan.prefix)
    rest = tuple(name for name in plan.order if name not in plan.prefix)
    if plan.goal.prefix == "only":
        read = {source for name in first for source in inputs_of(plan.graph, name)}
        inputs = tuple(name for name in plan.inputs if name in read)
        outputs = tuple(name for name in plan.cut if name in plan.prefix)
        return replace(plan, order=first, inputs=inputs, outputs=outputs, losses=(), loss_inputs=())
    if plan.goal.prefix == "given":
        return replace(plan, order=rest, inputs=plan.cut)
    return replace(plan, order=(*first, *rest))


def _layers(plan: Plan) -> list[str]:
    return [name for name in graph_order(plan.graph) if name not in plan.inputs]


def _tensors(plan: Plan, name: str) -> bool:
    """Whether a layer has parameters."""
    return bool(plan.layer(name).parameters([plan.shapes[source] for source in inputs_of(plan.graph, name)]))


def _is_fixed(plan: Plan, name: str) -> bool:
    """Whether a layer's output in a training step follows from what it reads, and will in the next."""
    if name not in plan.frozen and _tensors(plan, name):
        return False
    return name in plan.inference_mode or _written(plan, name, training=True) == _written(plan, name, training=False)


def _written(plan: Plan, name: str, *, training: bool) -> list[tuple[object, ...]]:
    """The layer's forward calls in a form that can be compared: whoever draws or takes statistics calls something else."""
    return [_comparable(call) for call in calls_of(replace(plan, goal=Goal(batch=1, training=training)), name)]


def _comparable(call: Call) -> tuple[object, ...]:
    arguments = {name: value.tobytes() if isinstance(value, np.ndarray) else value for name, value in call.arguments.items()}
    return call.kernel, call.chunks, arguments


def macs_of(plan: Plan, layers: Sequence[str] | frozenset[str]) -> int:
    """Multiply-adds of these layers for one sample, forward."""
    return sum(
        plan.layer(name).macs([plan.shapes[source] for source in inputs_of(plan.graph, name)], plan.shapes[name])
        for name in layers
    )
