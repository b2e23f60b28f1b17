"""Where a step's time goes: every call measured by itself, the step as a whole, and the machine's peak beside them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from netspec.batch import Array
from netspec.graph import inputs_of
from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import Call
from netspec.kernels.peak import Peak
from netspec.plan.plan import Goal, Plan
from netspec.plan.prepare import PREPARE
from netspec.plan.recompute import AGAIN
from netspec.program import Program

FEWEST, MOST, SECONDS = 5, 200, 3.0
"""Rounds: as many as fit into the seconds, within these bounds."""
FORWARD, LOSS, BACKWARD, UPDATE = DIRECTIONS = ("forward", "loss", "backward", "update")

Progress = Callable[[int, int], None]
"""Called with the rounds done and the rounds in all."""


@dataclass(frozen=True)
class CallTime:
    """One kernel call; seconds: median."""

    kernel: str
    algorithm: str
    chunks: int
    seconds: float
    absorbed: tuple[str, ...] = ()
    """Layers that the call does at its end."""


@dataclass(frozen=True)
class Part:
    """What a layer does in one direction; or the loss or the update, which go by these names.

    type: of the layer, the loss or the optimizer; "" of an input, whose backward part adds up its gradient.
    seconds: median of the sum of its calls. flops: two for each multiply-add of the formula, whatever the algorithm saves.
    """

    name: str
    type: str
    direction: str
    seconds: float
    flops: int
    calls: tuple[CallTime, ...]

    @property
    def algorithm(self) -> str:
        """The algorithms that its calls name; where there is no choice, the kernel of the last call, which ends the work."""
        named = dict.fromkeys(call.algorithm or _family(call.kernel) for call in self.calls)
        named.pop("", None)
        return ", ".join(named) or self.calls[-1].kernel

    @property
    def absorbed(self) -> tuple[str, ...]:
        """Layers that its calls do at their end."""
        return tuple(name for call in self.calls for name in call.absorbed)


WINOGRAD = "winograd"


def _family(kernel: str) -> str:
    """The algorithm that a kernel's name tells: the products in the middle of Winograd's are an ordinary contraction."""
    return WINOGRAD if kernel.startswith(WINOGRAD) else ""


@dataclass(frozen=True)
class Line:
    """What belongs together: a layer's forward and backward, or the loss, or the update."""

    parts: tuple[Part, ...]

    @property
    def seconds(self) -> float:
        """Sum of the parts."""
        return sum(part.seconds for part in self.parts)

    def part(self, *directions: str) -> Part | None:
        """The part of one of the directions, if there is one."""
        return next((part for part in self.parts if part.direction in directions), None)


@dataclass(frozen=True)
class Timing:
    """Medians over all rounds."""

    parts: tuple[Part, ...]
    """Layer by layer, then loss and update. What needs no call of its own has no part."""
    step_seconds: float
    """The whole step as one compiled call."""
    peak: float
    """Most operations a second of this machine with this dtype and these threads."""
    rounds: int

    @property
    def flops(self) -> int:
        """Of all parts."""
        return sum(part.flops for part in self.parts)

    @property
    def step_rate(self) -> float:
        """Operations a second of the whole step."""
        return self.flops / self.step_seconds

    def seconds(self, direction: str | None = None) -> float:
        """Sum over the parts of a direction, or over all."""
        return sum(part.seconds for part in self.parts if direction in (None, part.direction))

    def directions(self) -> list[str]:
        """Those that the step has, in order."""
        found = {part.direction for part in self.parts}
        return [direction for direction in DIRECTIONS if direction in found]

    def lines(self) -> list[Line]:
        """The parts by what they belong to, in order."""
        groups: dict[tuple[str, bool], list[Part]] = {}
        for part in self.parts:
            groups.setdefault((part.name, part.direction in (LOSS, UPDATE)), []).append(part)
        return [Line(tuple(parts)) for parts in groups.values()]

    def slowest(self, count: int) -> list[Line]:
        """The lines that take longest, longest first."""
        return sorted(self.lines(), key=lambda line: -line.seconds)[:count]


def measure(
    program: Program, *, inference: bool = False, rounds: int | None = None, progress: Progress | None = None
) -> Timing:
    """Time a training step (forward, loss, backward, update of the first optimizer), or a forward pass, of a full batch.

    The batch is random and the learning rate 0: the weights stay as they are, but not the running statistics and the
    optimizer's slots. Each call is timed in its place in the step, its threads started and awaited for it alone.
    ValueError when a training step is asked for and the spec has no loss.
    """
    goal = _goal(program, inference)
    peak = Peak(program.dtype, program.threads)
    with program.lock:
        bound = program.lanes[0].bind(goal, *_random_batch(program, goal))
        whole, single = _repeat(bound, rounds, peak, progress)
    parts = _parts(program, program.plan(goal), bound.calls, single)
    return Timing(parts, statistics.median(whole), peak.best, len(whole))


def _goal(program: Program, inference: bool) -> Goal:
    if inference:
        return program.inference_goal(program.batch_size)
    assert program.loss
    return program.lanes[0].training_plan(program.batch_size).goal


def _random_batch(program: Program, goal: Goal) -> tuple[dict[str, Array], tuple[Array, ...] | None]:
    """Random inputs, and labels or targets when there is a loss, as the kernels read them."""
    rng, n = np.random.default_rng(0), goal.batch
    x = program.form.stored_inputs(program.form.random_inputs(n, rng))
    return x, program.form.random_targets(n, rng) if goal.loss else None


def _repeat(
    bound: BoundCalls, rounds: int | None, peak: Peak, progress: Progress | None
) -> tuple[list[float], list[list[float]]]:
    """Seconds of the whole step and of each call, round by round; the peak is taken in between, under the same load."""
    bound.run()
    start = time.perf_counter()
    bound.run()
    _time_calls(bound)
    wanted = rounds or min(MOST, max(FEWEST, int(SECONDS / (time.perf_counter() - start))))
    whole, single = [], []
    for done in range(wanted):
        if progress:
            progress(done, wanted)
        peak.measure()
        bound.run()  # whole steps follow one another in training, too: the caches hold what a step leaves
        start = time.perf_counter()
        bound.run()
        whole.append(time.perf_counter() - start)
        single.append(_time_calls(bound))
    return whole, single


def _time_calls(bound: BoundCalls) -> list[float]:
    """Seconds of each call, in order, without the way from Python into the machine and back."""
    moments = [time.perf_counter()]
    for index in range(len(bound.calls)):
        bound.run_part(index, index + 1)
        moments.append(time.perf_counter())
    entering = _seconds_of_nothing(bound)
    return [max(after - before - entering, 1e-9) for before, after in pairwise(moments)]


def _seconds_of_nothing(bound: BoundCalls) -> float:
    """The least of some, so that no pause of this process counts."""
    moments = [time.perf_counter()]
    for _ in range(5):
        bound.run_part(0, 0)
        moments.append(time.perf_counter())
    return min(after - before for before, after in pairwise(moments))


def _parts(program: Program, plan: Plan, calls: Sequence[Call], rounds: Sequence[Sequence[float]]) -> tuple[Part, ...]:
    """Group the calls by what they work for."""
    seconds = np.array(rounds)
    return tuple(
        _part(plan, key, _type(program, *key), [calls[i] for i in members], seconds[:, members])
        for key, members in calls_by_part(plan, calls).items()
    )


def calls_by_part(plan: Plan, calls: Sequence[Call]) -> dict[tuple[str, str], list[int]]:
    """Indices of the calls by name and direction of their part: layers in the network's order, then loss and update."""
    members: dict[tuple[str, str], list[int]] = {}
    for index, call in enumerate(calls):
        if call.direction != PREPARE:  # work that is done once, not in a step
            members.setdefault(_key(plan, call), []).append(index)
    order = {name: place for place, name in enumerate((*plan.inputs, *plan.order))}
    keys = sorted(members, key=lambda key: (key[1] in (LOSS, UPDATE), order.get(key[0], 0), DIRECTIONS.index(key[1])))
    return {key: members[key] for key in keys}


def _type(program: Program, name: str, direction: str) -> str:
    if direction == LOSS:
        return " + ".join(dict.fromkeys(loss.type_name() for loss in program.losses))
    if direction == UPDATE:
        optimizer = program.lanes[0].optimizer
        return optimizer.type_name() if optimizer else ""
    layer = program.graph.nodes[name]["layer"]
    return str(layer.type_name()) if layer else ""


def _part(plan: Plan, key: tuple[str, str], kind: str, calls: Sequence[Call], seconds: Array) -> Part:
    name, direction = key
    flops = 2 * plan.goal.batch * _multiply_adds(plan, name, direction) if direction in (FORWARD, BACKWARD) else 0
    medians = np.median(seconds, axis=0)
    times = tuple(
        CallTime(call.kernel.name, call.algorithm, int(call.chunks), float(median), call.absorbed)
        for call, median in zip(calls, medians, strict=True)
    )
    return Part(name, kind, direction, float(np.median(seconds.sum(axis=1))), flops, times)


def _key(plan: Plan, call: Call) -> tuple[str, str]:
    """Name and direction of the part that a call belongs to."""
    if call.direction == UPDATE:
        return UPDATE, UPDATE
    is_loss = call.owner == "loss" and ("loss" not in plan.graph or call.kernel.module.startswith("netspec.losses"))
    return (LOSS, LOSS) if is_loss else (call.owner, BACKWARD if call.direction == AGAIN else call.direction)


def _multiply_adds(plan: Plan, name: str, direction: str) -> int:
    """Of one sample; backward as many for the weights, unless they are frozen, and for the input, where it is wanted."""
    if plan.graph.nodes[name]["layer"] is None:
        return 0  # an input, whose gradient is a sum
    sources = inputs_of(plan.graph, name)
    forward = plan.layer(name).macs([plan.shapes[source] for source in sources], plan.shapes[name])
    if direction == FORWARD:
        return forward
    wanted = any(source in plan.differentiated for source in sources)
    return forward * ((name not in plan.frozen) + wanted)
