"""netspec as a contestant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import netspec
from benchmarks.batch import noise
from benchmarks.contest import LR, OURS, Contest, Team, Timer, calling, calling_after
from netspec.lane import Lane
from netspec.memory import to_stored
from netspec.plan.plan import Goal
from netspec.program import Program
from netspec.spec.model import Spec

Array = np.ndarray[Any, Any]


def team(contest: Contest) -> Team:
    """The one contestant, or why it fails."""
    found = Team()
    found.enter(OURS, lambda: _timer(contest, found))
    return found


def _timer(contest: Contest, found: Team) -> Timer:
    optimizer = {"type": "momentum", "lr": LR, "momentum": 0.9}
    table: dict[str, Any] = {**contest.table, "optimizers": [optimizer]}
    if contest.task == "dx":
        table["layers"] = [{**layer, "frozen": True} for layer in table["layers"]]
    spec = Spec.model_validate(table)
    program = netspec.compile(spec, batch_size=contest.batch, threads=contest.threads)
    pictures, labels = noise(spec, contest.batch)
    x, lane = to_stored(pictures, "float32"), program.lanes[0]
    if contest.task in ("training", "inference"):
        lane.evaluate(x)
        outputs = lane.outputs
        assert not isinstance(outputs, dict)
        found.logits[OURS] = outputs
    if contest.task == "training":
        return calling(lambda: lane.train_step(x, labels, lr=LR))
    if contest.task == "inference":
        return calling(lambda: lane.evaluate(x))
    return calling_after(lambda: _prepared(program, lane, contest, x))


def _prepared(program: Program, lane: Lane, contest: Contest, x: Array) -> Callable[[], object]:
    """One direction of a layer, with the input, and before a backward the forward, in place."""
    task = contest.task
    goal = Goal(batch=contest.batch, training=True, gradients=True, input_gradients=task != "dw")
    bound = lane._bind(goal, x, None)  # what forward and backward of a lane are made of
    sections = program.plan(goal).sections
    if task == "forward":
        return lambda: bound.run_part(*sections["forward"])
    bound.run_part(*sections["forward"])
    return lambda: bound.run_part(*sections["backward"])
