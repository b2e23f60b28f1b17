"""Which lane of a run is the best so far, and what the test part says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gui.runs.history import History
from netspec.look import plural, title
from netspec.metrics.monitor import direction_of, say
from netspec.training.closing import Closing, in_words


@dataclass(frozen=True)
class BestLane:
    """The best value of the best lane."""

    label: str
    monitor: str
    value: float


def best_lane(history: History) -> BestLane | None:
    """By the latest news of each lane; which way is better, the monitored metric says. None before there is any."""
    found: list[BestLane] = []
    for lane in history.lanes.values():
        if lane.end is not None and lane.end.get("best_value") is not None:
            found.append(BestLane(lane.label, str(lane.end["monitor"]), float(lane.end["best_value"])))
        elif lane.best is not None:
            found.append(BestLane(lane.label, lane.best.monitor, lane.best.value))
    found = [best for best in found if math.isfinite(best.value)]
    direction = direction_of(found[0].monitor) if found else None
    if not found or (direction is None and len(found) > 1):  # a metric that is not installed here
        return None
    return (max if direction == "max" else min)(found, key=lambda best: best.value)


def tested_lane(history: History, tests: Mapping[str, Closing]) -> str | None:
    """The lane whose test is told where there is room for one: the best one, else the first that was tested."""
    best = best_lane(history)
    return best.label if best is not None and best.label in tests else next(iter(tests), None)


def words_of_test(history: History, tests: Mapping[str, Closing]) -> str:
    """ "Test accuracy 97.77 %, loss 0.0834 (360 samples)." as `netspec train` prints it; of a race the best lane's."""
    label = tested_lane(history, tests)
    if label is None:
        return ""
    of = f"Test of {label}: " if len(history.lanes) > 1 else "Test "
    return f"{of}{in_words(tests[label])} ({plural(tests[label].samples, 'sample')})."


def score_of_test(history: History, tests: Mapping[str, Closing]) -> str:
    """ "accuracy 97.77 %", for a cell: the first metric, else the loss."""
    label = tested_lane(history, tests)
    if label is None:
        return ""
    return first_score(tests[label]) + (f" ({label})" if len(history.lanes) > 1 else "")


def first_score(test: Closing) -> str:
    """The first metric that is one number, else the loss."""
    numbers = {name: value for name, value in test.metrics.items() if isinstance(value, int | float)} | {"loss": test.loss}
    name, value = next(iter(numbers.items()))
    return "" if value is None else f"{title(name)} {say(name, value)}"
