"""What the later stages of [transfer] will need: kernels and memory, known before a run starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.freezing import stages
from netspec.graph import build_graph
from netspec.kernels.calls import Call
from netspec.plan.forecast import forecast
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Plan
from netspec.plan.stream import training_goal
from netspec.plan.update import plan_update
from netspec.room import NotEnoughMemoryError, check_room
from netspec.spec.model import Spec


def later_plans(spec: Spec, *, batch: int, dtype: str, seed: int) -> Iterator[tuple[int, Plan]]:
    """Number of the stage and the plan of its training steps, for each stage after the first and each way to train."""
    for stage in stages(spec, build_graph(spec))[1:]:
        start = start_plan(spec, dtype=dtype, seed=seed, stage=stage.number)
        goals = dict.fromkeys(training_goal(start, optimizer, batch) for optimizer in spec.optimizers)
        yield from ((stage.number, make_plan(start, goal)) for goal in goals)


def later_calls(spec: Spec, *, batch: int, dtype: str, seed: int) -> Iterator[Call]:
    """The calls of the training steps of the stages after the first, updates included."""
    for _, plan in later_plans(spec, batch=batch, dtype=dtype, seed=seed):
        yield from plan.calls
        for optimizer in spec.optimizers:
            yield from plan_update(optimizer, plan.layout).calls


def check_later_stages(
    spec: Spec, *, batch: int, dtype: str, seed: int, threads: int, accumulates: bool
) -> None:  # fmt: skip
    """Raise NotEnoughMemoryError when a stage after the first would not fit: now, not when its epoch comes.

    To be called once the network is compiled: its parameters are not counted again, but those of one lane are there twice
    while its tensors take their new places.
    """
    for number, plan in later_plans(spec, batch=batch, dtype=dtype, seed=seed):
        needed = forecast(plan, spec.optimizers, threads, accumulates=accumulates)
        twice = needed.parameters // max(1, len(spec.optimizers))
        try:
            check_room(replace(needed, parameters=twice, statistics=0).peak, batch)
        except NotEnoughMemoryError as problem:
            raise NotEnoughMemoryError(f"[transfer] unfreeze, in stage {number + 1}: {problem}") from None
