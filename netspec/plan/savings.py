"""What freezing saves: a training step with nothing frozen, with the frozen layers, and fed from the frozen-prefix cache."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from netspec.freezing import stages
from netspec.graph import build_graph, inputs_of
from netspec.kernels.binding import element_type
from netspec.plan.buffers import size_in_bytes
from netspec.plan.differentiate import differentiate
from netspec.plan.keeping import obstacle
from netspec.plan.order import order
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal, Plan, PrefixPart
from netspec.plan.prefix import macs_of, split
from netspec.spec.model import Spec


@dataclass(frozen=True)
class StepCost:
    """A training step of one batch."""

    multiply_adds: int
    """Of convolutions and linear layers, forward and backward."""
    backward_layers: int
    """Layers that compute a gradient."""
    gradient_bytes: int
    """Of the parameters that learn."""
    slot_bytes: int
    """What the optimizers keep of them."""
    backward_calls: int | None = None
    """Kernel calls of the backward pass; None where no plan was made, here and below."""
    activation_bytes: int | None = None
    """Activations, their gradients and workspaces, when most are needed."""
    kept_bytes: int | None = None
    """What is made of frozen weights once."""


@dataclass(frozen=True)
class Prefix:
    """The frozen prefix: its first and last layer, how many it has, and what the rest reads of it."""

    first: str
    last: str
    layers: int
    cut: tuple[str, ...]
    numbers: int
    """Of a sample."""
    bytes: int
    """Of a sample in the cache."""


@dataclass(frozen=True)
class StageCost:
    """A step in one stage of [transfer]. prefix is None where no layer at the front is frozen, and from_cache then and
    where nothing is kept of it."""

    number: int
    """From 0."""
    first_epoch: int
    """Epochs that are done when it begins."""
    last_epoch: int
    """Epochs that are done when it ends."""
    frozen_layers: int
    frozen: StepCost
    from_cache: StepCost | None
    prefix: Prefix | None
    no_cache: str
    """Why nothing is kept of the prefix, where the spec tells it; else ""."""


@dataclass(frozen=True)
class Savings:
    """All three, for the first stage; `stages` has those that the epochs of the spec reach."""

    batch: int
    nothing_frozen: StepCost
    stages: tuple[StageCost, ...]

    @property
    def frozen(self) -> StepCost:
        """In the first stage, which freezes most."""
        return self.stages[0].frozen

    @property
    def from_cache(self) -> StepCost | None:
        """In the first stage."""
        return self.stages[0].from_cache

    @property
    def prefix(self) -> Prefix | None:
        """Of the first stage."""
        return self.stages[0].prefix

    def to_json(self) -> dict[str, Any]:
        """Plain values; those of the first stage stand beside the list of all."""
        first = asdict(self.stages[0])
        return asdict(self) | {key: first[key] for key in ("frozen", "from_cache", "prefix", "no_cache")}

    def columns(self) -> Mapping[str, StepCost]:
        """Heading → cost, of those that there are."""
        found = {"nothing frozen": self.nothing_frozen, "frozen": self.frozen}
        return found if self.from_cache is None else {**found, "from the cache": self.from_cache}


def savings(spec: Spec, batch: int, *, plans: bool) -> Savings | None:
    """For each stage; None when the first freezes nothing or there is no loss. Raises SpecError.

    plans: make whole plans of the first, which takes longer but also tells calls and memory.
    """
    start = _start(spec, batch)
    if not start.frozen or not start.losses:
        return None
    whole = _cost(_start(_thawed(spec), batch), "whole", plans)
    begins = [stage.first_epoch for stage in stages(spec, build_graph(spec)) if stage.first_epoch < max(spec.train.epochs, 1)]
    ends = [*begins[1:], spec.train.epochs]
    found = [
        _stage(spec, number, begin, end, batch, plans and number == 0)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]
    return Savings(batch, whole, tuple(found))


def _stage(spec: Spec, number: int, begin: int, end: int, batch: int, plans: bool) -> StageCost:
    start = _start(spec, batch, number)
    why = obstacle(spec, start, end - begin) if start.cut else ""
    return StageCost(
        number, begin, end, len(start.frozen), _cost(start, "whole", plans),
        _cost(start, "given", plans) if start.cut and not why else None,
        _prefix(start) if start.cut else None, why,
    )  # fmt: skip


def _start(spec: Spec, batch: int, stage: int = 0) -> Plan:
    start = start_plan(spec, dtype=spec.train.dtype, seed=spec.seed, stage=stage, usual_batch=batch)
    return replace(start, goal=Goal(batch=batch, training=True, loss=True, gradients=True))


def _thawed(spec: Spec) -> Spec:
    """The spec with nothing frozen."""
    layers = tuple(layer.model_copy(update={"frozen": False}) for layer in spec.layers)
    return spec.model_copy(update={"layers": layers, "transfer": None})


def _cost(start: Plan, part: PrefixPart, plans: bool) -> StepCost:
    goal = replace(start.goal, prefix=part)
    plan = differentiate(split(order(replace(start, goal=goal))))
    item = element_type("float", plan.dtype).itemsize
    slots = sum(len(optimizer.slots()) for optimizer in plan.optimizers.values())
    made = make_plan(start, goal) if plans else None
    return StepCost(
        multiply_adds=_multiply_adds(plan),
        backward_layers=sum(name in plan.differentiated for name in plan.order),
        gradient_bytes=plan.layout.trainable_size * item,
        slot_bytes=slots * plan.layout.updated_size * item,
        backward_calls=_backward_calls(made) if made else None,
        activation_bytes=made.arena_bytes if made else None,
        kept_bytes=_kept_bytes(made) if made else None,
    )


def _backward_calls(plan: Plan) -> int:
    return sum(call.direction == "backward" for call in plan.calls)


def _kept_bytes(plan: Plan) -> int:
    return sum(size_in_bytes(buffer, plan.dtype) for buffer in plan.buffers.values() if buffer.place == "kept")


def _multiply_adds(plan: Plan) -> int:
    """As many for each gradient, to the parameters and to the input, as forward."""
    total = macs_of(plan, plan.order)
    for name in plan.differentiated.intersection(plan.order):
        passes_on = any(source in plan.differentiated for source in inputs_of(plan.graph, name))
        total += macs_of(plan, [name]) * ((name not in plan.frozen) + passes_on)
    return plan.goal.batch * total


def _prefix(start: Plan) -> Prefix:
    names = [name for name in start.graph if name in start.prefix]
    numbers = sum(math.prod(start.shapes[name]) for name in start.cut)
    item = element_type("float", start.dtype).itemsize
    return Prefix(names[0], names[-1], len(names), start.cut, numbers, numbers * item)
