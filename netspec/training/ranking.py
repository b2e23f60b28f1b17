"""The race: who came in first, and how far behind the others are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from netspec.metrics.monitor import direction_of
from netspec.training.events import End, Epoch, Event, Run, Validation
from netspec.training.monitors import is_better


@dataclass(frozen=True)
class Place:
    """One lane's result. Losses and metric of the validation part, or of the training epochs without one.

    gap: how far `best_loss` is behind that of the first. part says what was measured.
    """

    rank: int
    optimizer: str
    part: str
    final_loss: float
    best_loss: float
    best_step: int
    gap: float
    metric: str | None
    final_metric: float | None
    best_metric: float | None
    reason: str


@dataclass
class _Lane:
    label: str
    losses: list[tuple[float, int]]
    metrics: list[float]
    running: list[tuple[float, int]]
    reason: str = "running"


def ranking(events: Iterable[Event]) -> list[Place]:
    """Lanes by their best validation loss after step 0, the smallest first; lanes without a finite one last.

    The metric told beside is the first of the validation events that has a better and a worse.
    """
    lanes: dict[str, _Lane] = {}
    metric: str | None = None
    for event in events:
        if isinstance(event, Run):
            lanes = lanes or {label: _Lane(label, [], [], []) for label in event.optimizers}
        elif isinstance(event, Validation) and event.step > 0 and event.loss is not None:
            metric = metric or next((name for name in event.metrics if direction_of(name) is not None), None)
            lanes[event.optimizer].losses.append((event.loss, event.step))
            if metric is not None:
                lanes[event.optimizer].metrics.append(float(event.metrics[metric]))
        elif isinstance(event, Epoch):
            lanes[event.optimizer].running.append((event.running_loss, event.step))
        elif isinstance(event, End):
            lanes[event.optimizer].reason = event.reason
    return _placed([*lanes.values()], metric)


def _placed(lanes: list[_Lane], metric: str | None) -> list[Place]:
    has_validation = any(lane.losses for lane in lanes)
    measured = [(lane, lane.losses if has_validation else lane.running) for lane in lanes]
    ordered = sorted(measured, key=lambda item: _best(item[1])[0])
    first = _best(ordered[0][1])[0] if ordered else math.nan
    return [
        Place(
            rank=rank,
            optimizer=lane.label,
            part="validation" if has_validation else "training, running",
            final_loss=losses[-1][0] if losses else math.nan,
            best_loss=_best(losses)[0],
            best_step=_best(losses)[1],
            gap=_best(losses)[0] - first if math.isfinite(first) else math.nan,
            metric=metric,
            final_metric=lane.metrics[-1] if lane.metrics else None,
            best_metric=_best_metric(lane.metrics, metric),
            reason=lane.reason,
        )
        for rank, (lane, losses) in enumerate(ordered, 1)
    ]


def _best(losses: list[tuple[float, int]]) -> tuple[float, int]:
    """Smallest finite loss and its step; infinity and 0 when there is none."""
    return min((item for item in losses if math.isfinite(item[0])), default=(math.inf, 0))


def _best_metric(values: list[float], metric: str | None) -> float | None:
    mode: Literal["min", "max"] | None = direction_of(metric) if metric is not None else None
    best: float | None = None
    for value in values:
        if mode is not None and is_better(value, best, mode):
            best = value
    return best


def as_rows(places: Iterable[Place]) -> list[dict[str, Any]]:
    """The ranking as JSON values."""
    from netspec.training.json_values import to_json_value

    return [{key: to_json_value(value) for key, value in vars(place).items()} for place in places]
