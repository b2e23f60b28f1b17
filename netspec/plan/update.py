"""The optimizer's calls: clipping, then one pass over each group of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.kernels.calls import Ref
from netspec.optimizers.base import HYPER_SIZE, Optimizer
from netspec.optimizers.clipping import emit_clipping
from netspec.optimizers.l2_sp import PRETRAINED, emit_pull
from netspec.optimizers.update import Strengths, decay_strengths
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
    l1: float = 0.0
    l2: float = 0.0
    since: int = 0


def slots_of(optimizer: Optimizer, layout: Layout) -> dict[str, float | None]:
    """Everything that is kept for each updated parameter, with its initial value; None: the parameter itself."""
    pulls = any(group.pull for group in layout.groups)
    return {**optimizer.slots(), **({PRETRAINED: None} if pulls else {})}


def plan_update(optimizer: Optimizer, layout: Layout) -> Calls:
    """All calls of one update."""
    out = Calls(optimizer.label(), "update")
    emit_clipping(out, optimizer, [entry.ref("gradients") for entry in layout.updated()], HYPER)
    for number, group in enumerate(layout.groups):
        out.owner = f"{optimizer.label()}.{number}"
        size = group.last - group.first
        emit_group(out, optimizer, group, group.first, Ref("gradients", size, group.first))
    return out


def emit_group(out: Calls, optimizer: Optimizer, group: Group, first: int, g: Ref) -> None:
    """The update of the parameters of a group from `first` on, as many as the gradient g has elements."""
    decay, l1, l2 = _decay_of(optimizer, group)
    io = GroupUpdate(
        out.owner, out.direction, out.calls, out.buffers,
        p=Ref("parameters", g.size, first),
        g=g,
        slots={name: Ref(f"slot:{name}", g.size, first) for name in optimizer.slots()},
        lr_mult=group.lr_mult,
        weight_decay=decay, l1=l1, l2=l2,
        since=group.since,
    )  # fmt: skip
    if group.pull:
        emit_pull(io, Ref(f"slot:{PRETRAINED}", g.size, first), group.pull)
    optimizer.emit(io)


def strengths_of(optimizer: Optimizer, group: Group) -> Strengths:
    """λ of the three kinds of decay, as the group's update has them."""
    return decay_strengths(optimizer, *_decay_of(optimizer, group))


def _decay_of(optimizer: Optimizer, group: Group) -> tuple[float, float, float]:
    """weight_decay, l1 and l2; all 0 for biases and normalization parameters, unless decay_bias says otherwise."""
    if not (group.decays or optimizer.decay_bias):
        return 0.0, 0.0, 0.0
    return optimizer.weight_decay * group.decay_mult, group.l1, group.l2
