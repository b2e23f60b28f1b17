"""The compiler: from a checked spec to a plan, pass by pass, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import networkx as nx

from netspec.analysis import examine
from netspec.freezing import stages
from netspec.graph import order, outputs_of
from netspec.plan import buffers
from netspec.plan.copies import leave_out_copies
from netspec.plan.differentiate import differentiate
from netspec.plan.fuse import fuse
from netspec.plan.in_place import in_place
from netspec.plan.layout import make_layout
from netspec.plan.lower import lower
from netspec.plan.order import order as fix_order
from netspec.plan.plan import Goal, Plan
from netspec.plan.prefix import find_prefix, split
from netspec.plan.prepare import prepare
from netspec.plan.recompute import AGAIN, recompute
from netspec.plan.regions import regions
from netspec.plan.shard import shard
from netspec.plan.stream import stream
from netspec.plan.verify import verify
from netspec.problems import SpecError
from netspec.spec.model import Spec

Pass = Callable[[Plan], Plan]

PASSES: tuple[Pass, ...] = (
    fix_order,  # which layer after which
    split,  # the frozen prefix first; or it alone, or only the rest
    differentiate,  # which values need a gradient: none below the lowest trainable layer
    shard,  # small networks: a shard of the batch goes through all layers while it is in the cache
    lower,  # layers and loss → kernel calls on named buffers
    prepare,  # work on constants is done once
    fuse,  # what only finishes another kernel's results is done by that kernel
    recompute,  # cheap values may be computed twice instead of kept
    leave_out_copies,  # what is only copied need not be
    stream,  # large networks: each parameter is updated as soon as its gradient is there
    regions,  # which calls need not wait for each other
    in_place,  # results take the place of what nobody needs any more
    buffers.lifetimes,  # from which call to which each buffer is needed
    buffers.place,  # buffers that never meet share memory
    verify,  # nothing read before it is written, nothing overwritten while needed
)


def start_plan(
    spec: Spec, *, dtype: str, seed: int, stage: int = 0, since: Mapping[str, int] | None = None, usual_batch: int = 0
) -> Plan:  # fmt: skip
    """The plan before its first pass: the checked graph, its shapes, and where parameters lie. Raises SpecError.

    stage: number of the stage of [transfer] (`netspec/freezing.py`); since: of layers that began to learn late, the updates
    that were done by then; usual_batch: samples of most batches, for which the algorithms of a frozen prefix are chosen.
    """
    graph, problems, shapes = examine(spec, spec.origin.locate)
    if any(problem.severity == "error" for problem in problems):
        raise SpecError(problems)
    now = stages(spec, graph)[stage]
    names = order(graph)
    inputs = tuple(name for name in names if graph.nodes[name]["layer"] is None)
    layers = tuple(name for name in names if name not in inputs)
    trains_statistics = spec.transfer is not None and spec.transfer.bn == "train"
    outputs = outputs_of(spec, graph)
    loss_inputs = tuple(loss.input or outputs[-1] for loss in spec.losses)
    reached = {name for read in loss_inputs for name in (read, *nx.ancestors(graph, read))}
    learning = reached if loss_inputs else set(layers)
    return find_prefix(Plan(
        graph=graph, shapes=shapes, goal=Goal(batch=1), dtype=dtype, seed=seed, frozen=now.frozen,
        inference_mode=frozenset() if trains_statistics else now.frozen,
        layout=make_layout(graph, layers, shapes, now, frozenset(learning), since or {}), inputs=inputs, outputs=outputs,
        losses=spec.losses, loss_inputs=loss_inputs, recompute=spec.train.recompute,
        optimizers={one.label(): one for one in spec.optimizers}, usual_batch=usual_batch,
    ))  # fmt: skip


def make_plan(start: Plan, goal: Goal) -> Plan:
    """Run all passes for a goal; nothing is computed twice unless that needs less memory."""
    plan = _run_passes(replace(start, goal=goal))
    if not any(call.direction == AGAIN for call in plan.calls):
        return plan
    return min(_run_passes(replace(start, goal=goal, recompute=False)), plan, key=lambda one: one.arena_bytes)


def _run_passes(plan: Plan) -> Plan:
    for one in PASSES:
        plan = one(plan)
    return plan
