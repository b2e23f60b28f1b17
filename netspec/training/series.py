"""A history as curves: loss and validation of each lane over steps, and the smoothing that pictures state."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from netspec.look import lane_colours
from netspec.metrics.monitor import direction_of
from netspec.training.events import End, Epoch, Event, Run, Stage, Step, Validation


@dataclass
class Curve:
    """Points (x in steps, y), every one that was measured."""

    x: list[int] = field(default_factory=list)
    y: list[float] = field(default_factory=list)

    def add(self, x: int, y: float) -> None:
        """One more point."""
        self.x.append(x)
        self.y.append(y)


@dataclass
class LaneCurves:
    """What was measured of one lane."""

    label: str
    kind: str
    loss: Curve = field(default_factory=Curve)
    validation: Curve = field(default_factory=Curve)
    metric: Curve = field(default_factory=Curve)
    penalty: Curve = field(default_factory=Curve)
    """What weight decay adds to the loss that is minimized; empty without."""
    reason: str | None = None


@dataclass
class RunCurves:
    """What was measured in a run. metric: name of the first validation metric that has a better and a worse."""

    name: str = ""
    lanes: dict[str, LaneCurves] = field(default_factory=dict)
    metric: str | None = None
    steps_per_epoch: int = 1
    stages: dict[int, int] = field(default_factory=dict)
    """Number of each later stage of [transfer], from 1 → the step after which its layers learned."""


def collect(events: Iterable[Event]) -> RunCurves:
    """The curves of a history."""
    found = RunCurves()
    for event in events:
        if isinstance(event, Run):
            found.name, found.steps_per_epoch = event.name, event.steps_per_epoch
            for label, kind in zip(event.optimizers, event.types, strict=True):
                found.lanes.setdefault(label, LaneCurves(label, kind))
        elif isinstance(event, Step):
            found.lanes[event.optimizer].loss.add(event.step, event.loss)
        elif isinstance(event, Validation) and event.part == "validation":
            _add_validation(found, event)
            _add_penalty(found, event)
        elif isinstance(event, Epoch):
            _add_penalty(found, event)
        elif isinstance(event, Stage) and event.number:
            found.stages[event.number] = event.step
        elif isinstance(event, End):
            found.lanes[event.optimizer].reason = event.reason
    return found


LONGEST = 100
"""Steps that an average looks back over at most."""


def smoothing_factor(steps: int, steps_per_epoch: int) -> float:
    """β = 1 − 1/w. w, over how many steps the average looks back: a fortieth of the run, at most an epoch and LONGEST, at
    least 4. A fortieth of 400 epochs would be 10 epochs: a mean of losses that the network left behind long ago."""
    return 1 - 1 / max(4.0, min(steps / 40, steps_per_epoch, LONGEST))


def smoothed(values: list[float], beta: float) -> list[float]:
    """s_t = (β·m_{t−1} + (1−β)·y_t) / (1 − βᵗ), m the undivided average: without the pull to 0 at the start.

    Values that are not finite are left out of the average and stay what they are.
    """
    average, weight, out = 0.0, 0.0, []
    for value in values:
        if not math.isfinite(value):
            out.append(value)
            continue
        average = beta * average + (1 - beta) * value
        weight = beta * weight + (1 - beta)
        out.append(average / weight)
    return out


def colours(lanes: Iterable[LaneCurves]) -> dict[str, str]:
    """Lane → its colour in pictures."""
    return lane_colours({lane.label: lane.kind for lane in lanes})


def _add_penalty(found: RunCurves, event: Validation | Epoch) -> None:
    curve = found.lanes[event.optimizer].penalty
    if event.penalty is not None and (not curve.x or curve.x[-1] < event.step):
        curve.add(event.step, event.penalty)


def _add_validation(found: RunCurves, event: Validation) -> None:
    lane = found.lanes[event.optimizer]
    if event.loss is not None:
        lane.validation.add(event.step, event.loss)
    if found.metric is None:
        found.metric = next((name for name in event.metrics if direction_of(name) is not None), None)
    if found.metric is not None:
        lane.metric.add(event.step, float(event.metrics[found.metric]))
