"""The race as a table: a lane a row, in the order in which they stand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gui.runs.best import first_score
from gui.runs.history import History, Lane
from gui.runs.plot_area import last_finite, say_percent, say_short
from netspec.look import count
from netspec.metrics.monitor import is_share
from netspec.training.closing import Closing
from netspec.training.events import COMPLETED, event_from_json
from netspec.training.ranking import Place, ranking


@dataclass(frozen=True)
class Row:
    """rank: empty while the lane has no best loss. share: of the run's steps that the lane has done. cells: as in `columns`."""

    rank: str
    label: str
    colour: str
    share: float
    cells: tuple[str, ...]
    is_over: bool


def places(history: History) -> list[Place]:
    """The ranking so far."""
    return ranking(event_from_json(line) for line in history.milestones)


def columns(found: Iterable[Place], step: float | None, tests: Mapping[str, Closing]) -> tuple[str, ...]:
    """Headings of the numbers. tests: lane → its closing, once the run has come to its end."""
    first = next(iter(found), None)
    loss = "best loss" if first is None or first.part == "validation" else "best training loss"
    metric = f"best {first.metric.replace('_', ' ')}" if first is not None and first.metric else "best metric"
    at = "" if step is None else f"batch {count(round(step))}"
    return ("mean loss", loss, "behind", metric, *(["test"] if tests else []), at, "")


def rows(history: History, found: Iterable[Place], step: float | None, tests: Mapping[str, Closing]) -> list[Row]:
    """One lane each; step: where the crosshair is, to compare the lanes on that batch."""
    return [_row(history, place, step, tests) for place in found if place.optimizer in history.lanes]


def _row(history: History, place: Place, step: float | None, tests: Mapping[str, Closing]) -> Row:
    lane = history.lanes[place.optimizer]
    done = float(lane.loss.x[-1]) if len(lane.loss) else 0.0
    reason = "" if lane.end is None else str(lane.end["reason"])
    mean = last_finite(lane.smoothed.points)
    has_best = math.isfinite(place.best_loss)
    test = [first_score(tests[lane.label]) if lane.label in tests else "–"] if tests else []
    cells = (
        "–" if mean is None else say_short(mean),
        f"{say_short(place.best_loss)} @{count(place.best_step)}" if has_best else "–",
        ("first" if place.rank == 1 else f"+{say_short(place.gap)}") if has_best else "–",
        "–" if place.best_metric is None else _score(place.metric or "", place.best_metric),
        *test,
        _at(lane, step),
        "" if reason == COMPLETED else reason,
    )
    rank = str(place.rank) if has_best else ""
    return Row(rank, lane.label, lane.colour, done / max(history.total_steps, 1), cells, lane.end is not None)


def _score(metric: str, value: float) -> str:
    return say_percent(value) if is_share(metric) else say_short(value)


def _at(lane: Lane, step: float | None) -> str:
    point = None if step is None else lane.loss.at(step)
    return say_short(point[1]) if point is not None and point[0] == step else ""


def same_batch(history: History, step: float | None) -> str:
    """Which batch the crosshair is on: that all lanes are trained on it is what makes the race fair."""
    run = history.run
    if run is None:
        return ""
    if step is None or step < 1:
        return "All lanes start from the same initial bits and take the same batches in lock step."
    epoch, place = divmod(round(step) - 1, run["steps_per_epoch"])
    first = next(iter(history.lanes.values()))
    where = f"step {place + 1} of epoch {epoch + 1}"
    if step > (first.loss.x[-1] if len(first.loss) else 0):
        return f"Step {count(round(step))}: {where}."
    return f"Step {count(round(step))}: {where}, the same samples for every lane."
