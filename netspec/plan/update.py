"""The optimizer's calls: clipping, then one pass over each group of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.kernels.calls import Ref
from netspec.optimizers.base import HYPER_SIZE, Optimizer
from netspec.optimizers.clipping import emit_clipping
from netspec.plan.layout import Group, Layout
from netspec.plan.lower import COUNTERS, Calls

HYPER = Ref("hyper", HYPER_SIZE, 0, "double")


@dataclass
class GroupUpdate(Calls):
    """The UpdateIo of one group: see netspec.optimizers.base.UpdateIo."""

    p: Ref = COUNTERS
    g: Ref = COUNTERS
    slots: Mapping[str, Ref] = field(default_factory=dict)
    hyper: Ref = HYPER
    lr_mult: float = 1.0
    weight_decay: float = 0.0


def plan_update(optimizer: Optimizer, layout: Layout) -> Calls:
    """All calls of one update."""
    out = Calls(optimizer.label(), "update")
    emit_clipping(out, optimizer, [entry.ref("gradients") for entry in layout.updated()], HYPER)
    for number, group in enumerate(layout.groups):
        optimizer.emit(_group_update(optimizer, group, number, out))
    return out


def _group_update(optimizer: Optimizer, group: Group, number: int, out: Calls) -> GroupUpdate:
    size = group.last - group.first
    decays = group.decays or optimizer.decay_bias
    return GroupUpdate(
        f"{out.owner}.{number}", out.direction, out.calls, out.buffers,
        p=Ref("parameters", size, group.first),
        g=Ref("gradients", size, group.first),
        slots={name: Ref(f"slot:{name}", size, group.first) for name in optimizer.slots()},
        lr_mult=group.lr_mult,
        weight_decay=optimizer.weight_decay * group.decay_mult if decays else 0.0,
    )  # fmt: skip
