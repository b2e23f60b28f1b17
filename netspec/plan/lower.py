"""Pass: layers and loss → kernel calls on named buffers.

before: the order of layers and the values that need gradients; after: the complete list of calls, buffers without places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from netspec.graph import inputs_of
from netspec.kernels.abi import ElementType, Kernel
from netspec.kernels.binding import element_type
from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.kernels.combine import add_to
from netspec.kernels.grain import Chunks, chunk_count
from netspec.layers.base import Shape, volume
from netspec.plan.plan import Buffer, Place, Plan
from netspec.random import key

KEY_BITS = 63
COUNTERS = Ref("counters", 1, 0, "int")
LOSS_WIDTH = 2
"""Numbers of a loss's value: sum and weight."""
LOSS_VALUE = Ref("loss", LOSS_WIDTH, 0, "double")
KEPT = "kept:"
SCRATCH = "scratch"
SCRATCH_GRAIN = 16
"""Elements: every thread's scratch memory begins on a cache line."""
OUTSIDE = ("parameters", "gradients", "state", "counters", "loss", "target", "hyper", "slot:", SCRATCH)
"""Buffers (or their prefixes) that belong to a lane or to the caller, not to the arena."""


@dataclass
class Calls:
    """Collects calls and the buffers they name."""

    owner: str = ""
    direction: str = ""
    calls: list[Call] = field(default_factory=list)
    buffers: dict[str, Buffer] = field(default_factory=dict)
    shards: int = 0

    def call(self, kernel: Kernel, algorithm: str = "", /, *, chunks: int = 1, **arguments: ArgumentValue) -> None:
        for value in arguments.values():
            if isinstance(value, Ref) and value.size:
                self.declare(value)
        by_sample = isinstance(chunks, Chunks) and chunks.by_sample
        self.calls.append(Call(kernel, arguments, chunks, self.owner, self.direction, by_sample, algorithm))

    def chunks(self, items: int, cost: float, *, by_sample: bool = False) -> int:
        return Chunks.of_shards(self.shards) if by_sample and self.shards else chunk_count(items, cost)

    def saved(self, name: str, size: int, element: ElementType = "float") -> Ref:
        return Ref(f"saved:{self.owner}.{name}", size, 0, element)

    def workspace(self, name: str, size: int, element: ElementType = "float") -> Ref:
        # Numbered by call, so that two workspaces of one name never share their content.
        return Ref(f"workspace:{self.owner}.{self.direction}.{name}.{len(self.calls)}", size, 0, element)

    def scratch(self, size: int) -> Ref:
        return Ref(SCRATCH, -(-size // SCRATCH_GRAIN) * SCRATCH_GRAIN)

    def declare(self, ref: Ref) -> None:
        known = self.buffers.get(ref.buffer)
        size = max(ref.offset + ref.size, known.size if known else 0)
        place: Place = "outside" if ref.buffer.startswith(OUTSIDE) else "kept" if ref.buffer.startswith(KEPT) else "arena"
        self.buffers[ref.buffer] = Buffer(ref.buffer, size, ref.element, place)


@dataclass
class LayerIo(Calls):
    """The Io of one layer: see netspec.layers.base.Io."""

    n: int = 0
    itemsize: int = 4
    training: bool = False
    x: Sequence[Ref] = ()
    x_shapes: Sequence[Shape] = ()
    y: Ref = COUNTERS
    y_shape: Shape = ()
    dy: Ref = COUNTERS
    dx: Sequence[Ref | None] = ()
    parameters: Mapping[str, Ref] = field(default_factory=dict)
    gradients: Mapping[str, Ref | None] = field(default_factory=dict)
    state: Mapping[str, Ref] = field(default_factory=dict)
    random_key: int = 0
    counters: Ref = COUNTERS
    chosen_for: int = 0


@dataclass
class LossCalls(Calls):
    """The LossIo of one loss: see netspec.losses.base.LossIo."""

    n: int = 0
    x: Ref = COUNTERS
    x_shape: Shape = ()
    target: Ref = COUNTERS
    dx: Ref | None = None
    value: Ref = LOSS_VALUE


def lower(plan: Plan) -> Plan:
    """All calls: forward in order, the loss, backward in reverse order."""
    collected = Calls(shards=plan.shards)
    for name in plan.inputs:
        collected.declare(plan.value(name))
    sections = {}
    for section, emit in (("forward", _forward), ("loss", _loss), ("backward", _backward)):
        first = len(collected.calls)
        emit(plan, collected)
        sections[section] = (first, len(collected.calls))
    return replace(plan, calls=_with_one_scratch(collected), sections=sections, buffers=collected.buffers)


def _with_one_scratch(collected: Calls) -> tuple[Call, ...]:
    """All calls with scratch memory of one size, the most that any wants.

    Thread t's part begins at t times the size: with sizes of their own, calls side by side would meet in that memory.
    """
    if SCRATCH not in collected.buffers:
        return tuple(collected.calls)
    whole = Ref(SCRATCH, collected.buffers[SCRATCH].size)
    return tuple(
        replace(call, arguments={name: whole if is_scratch(value) else value for name, value in call.arguments.items()})
        if any(is_scratch(value) for value in call.arguments.values()) else call
        for call in collected.calls
    )  # fmt: skip


def is_scratch(value: ArgumentValue) -> TypeGuard[Ref]:
    """Whether an argument is memory of the thread."""
    return isinstance(value, Ref) and value.buffer == SCRATCH


def calls_of(plan: Plan, name: str) -> list[Call]:
    """The forward calls of one layer."""
    out = Calls()
    plan.layer(name).forward(_layer_io(plan, out, name, "forward"))
    return out.calls


def _forward(plan: Plan, out: Calls) -> None:
    for name in plan.order:
        plan.layer(name).forward(_layer_io(plan, out, name, "forward"))


def _loss(plan: Plan, out: Calls) -> None:
    if not plan.goal.loss:
        return
    parts = gradient_parts(plan)
    for place, (loss, name) in enumerate(zip(plan.losses, plan.loss_inputs, strict=True)):
        element: ElementType = "int" if loss.target_kind == "class" else "float"
        size = plan.goal.batch * volume(loss.target_shape(plan.shapes[name]))
        io = LossCalls(
            "loss", "forward", out.calls, out.buffers, plan.shards, n=plan.goal.batch, x=plan.value(name),
            x_shape=plan.shapes[name], target=Ref(target_name(place), size, 0, element),
            dx=parts[name][loss_reader(place)] if name in plan.differentiated else None,
            value=replace(LOSS_VALUE, offset=LOSS_WIDTH * place),
        )  # fmt: skip
        loss.emit(io)


def _backward(plan: Plan, out: Calls) -> None:
    if not plan.goal.gradients:
        return
    parts = gradient_parts(plan)
    for name in reversed(plan.order):
        if name in plan.differentiated:
            _sum_parts(plan, out, name, parts[name])
            plan.layer(name).backward(_backward_io(plan, out, name, parts))
    for name in plan.inputs:
        if name in plan.differentiated:
            _sum_parts(plan, out, name, parts[name])


OUTSIDE_READER = "outside"


def target_name(place: int) -> str:
    """The buffer of the targets of a loss, by its place among the losses."""
    return f"target:{place}" if place else "target"


def is_target(buffer: str) -> bool:
    """Whether a buffer holds the targets of a loss."""
    return buffer.partition(":")[0] == target_name(0)


def loss_reader(place: int) -> str:
    """What a loss is called among those that read a value."""
    return f"{OUTSIDE_READER}:{place}" if place else OUTSIDE_READER


def gradient_parts(plan: Plan) -> dict[str, dict[str, Ref]]:
    """For each differentiated value the buffers whose sum is its gradient, by reader ("conv2.0", or the outside).

    The first part lies in the gradient itself; the others are added to it, in order.
    """
    readers: dict[str, list[str]] = {name: [] for name in plan.differentiated}
    for name in plan.differentiated:
        if plan.goal.loss:
            readers[name] += [loss_reader(place) for place, read in enumerate(plan.loss_inputs) if read == name]
        elif name in plan.outputs:
            readers[name].append(OUTSIDE_READER)
    for consumer in plan.order:
        if consumer in plan.differentiated:
            for port, source in enumerate(inputs_of(plan.graph, consumer)):
                if source in plan.differentiated:
                    readers[source].append(f"{consumer}.{port}")
    return {name: _parts(plan.gradient(name), found) for name, found in readers.items()}


def _parts(whole: Ref, readers: list[str]) -> dict[str, Ref]:
    others = {reader: Ref(f"{whole.buffer} from {reader}", whole.size) for reader in readers[1:]}
    return {readers[0]: whole, **others}


def _sum_parts(plan: Plan, out: Calls, name: str, parts: Mapping[str, Ref]) -> None:
    whole, *others = parts.values()
    out.owner, out.direction = name, "backward"
    for other in others:
        out.call(add_to, chunks=out.chunks(whole.size, 1, by_sample=True), x=other, y=whole, n=whole.size)


def _layer_io(plan: Plan, out: Calls, name: str, direction: str) -> LayerIo:
    sources = inputs_of(plan.graph, name)
    layer = plan.layer(name)
    input_shapes = [plan.shapes[source] for source in sources]
    layout = plan.layout
    return LayerIo(
        name, direction, out.calls, out.buffers, plan.shards,
        n=plan.goal.batch,
        itemsize=element_type("float", plan.dtype).itemsize,
        training=plan.goal.training and name not in plan.inference_mode,
        x=[plan.value(source) for source in sources],
        x_shapes=input_shapes,
        y=plan.value(name),
        y_shape=plan.shapes[name],
        parameters={p.name: layout.parameters[f"{name}.{p.name}"].ref("parameters") for p in layer.parameters(input_shapes)},
        state={s.name: layout.states[f"{name}.{s.name}"].ref("state") for s in layer.states(input_shapes)},
        random_key=key(plan.seed, "dropout", name) >> (64 - KEY_BITS),
        chosen_for=plan.samples_to_choose_for(name),
    )  # fmt: skip


def _backward_io(plan: Plan, out: Calls, name: str, parts: Mapping[str, Mapping[str, Ref]]) -> LayerIo:
    io = _layer_io(plan, out, name, "backward")
    sources = inputs_of(plan.graph, name)
    io.dy = plan.gradient(name)
    io.dx = [
        parts[source][f"{name}.{port}"] if source in plan.differentiated else None for port, source in enumerate(sources)
    ]
    io.gradients = {
        tensor: None if name in plan.frozen else plan.layout.parameters[f"{name}.{tensor}"].ref("gradients")
        for tensor in io.parameters
    }
    return io
