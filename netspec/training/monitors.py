"""What can be monitored, which way it gets better, and the two things that remember it: best and patience."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from netspec.losses.base import Loss, loss_names
from netspec.metrics.base import Metric
from netspec.metrics.monitor import direction_of
from netspec.problems import Problem
from netspec.spec.model import Spec
from netspec.spec.sections import EarlyStopping
from netspec.spec.suggest import question
from netspec.training.errors import spec_problem

Mode = Literal["min", "max"]
RUNNING = "running_"


def available_monitors(
    losses: Sequence[Loss], metrics: Iterable[Metric], *, has_validation: bool, evaluate_train: bool
) -> list[str]:
    """Names that a run measures and that have a better and a worse."""
    measured = [metric for metric in metrics if metric.direction is not None]
    names = [*loss_names(losses), *(metric.better_name() for metric in measured)]
    prefixes = ["val_"] * has_validation + ["train_"] * evaluate_train
    running = [*loss_names(losses), *(metric.better_name() for metric in measured if metric.task != "detection")]
    return [prefix + name for prefix in prefixes for name in names] + [RUNNING + name for name in running]


def mode_of(monitor: str, mode: Literal["auto", "min", "max"]) -> Mode:
    """Which way is better; `auto`: less for losses, what the metric says for metrics."""
    if mode != "auto":
        return mode
    direction = direction_of(monitor.removeprefix(RUNNING))
    assert direction is not None, f"{monitor} was checked to be a loss or a metric with a direction"
    return direction


def check_monitor(spec: Spec, section: str, monitor: str, available: list[str]) -> Problem | None:
    """The problem of a monitor that this run does not measure, with the nearest one that it does."""
    if monitor in available:
        return None
    why = f"monitor {monitor!r} is not measured in this run"
    if monitor.startswith("val_") and not any(name.startswith("val_") for name in available):
        why += ", which has no validation part"
        hint = f"set validation_split under [train], or monitor one of {', '.join(available)}"
    else:
        hint = question(monitor, available, what="what is measured")
    return spec_problem(spec, "NS501", (section, "monitor"), why, hint)


def is_better(value: float, best: float | None, mode: Mode, min_delta: float = 0.0) -> bool:
    """Whether `value` beats `best` by more than min_delta. NaN and the infinities are never better."""
    if not math.isfinite(value):
        return False
    if best is None:
        return True
    return value < best - min_delta if mode == "min" else value > best + min_delta


@dataclass
class Kept:
    """The best values so far, best first, with their steps and epochs; as many as are kept on the disk."""

    monitor: str
    mode: Mode
    most: int
    entries: list[tuple[float, int, int]]

    def observe(self, measures: Mapping[str, Any], step: int, epoch: int) -> bool:
        """Takes the monitored value of this step in; whether it is among the best. Of equal values the first wins."""
        value = measures.get(self.monitor)
        if value is None or not math.isfinite(value):
            return False
        place = sum(not is_better(value, kept, self.mode) for kept, _, _ in self.entries)
        self.entries.insert(place, (float(value), step, epoch))
        del self.entries[self.most :]
        return place < self.most

    @property
    def best(self) -> tuple[float, int, int] | None:
        """Value, step, epoch."""
        return self.entries[0] if self.entries else None

    def steps(self) -> list[int]:
        """The steps that are kept, best first."""
        return [step for _, step, _ in self.entries]

    def state(self) -> dict[str, Any]:
        """What must survive a resume."""
        return {"monitor": self.monitor, "mode": self.mode, "entries": self.entries}

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Continues from what `state` gave; False, and nothing restored, when that measured something else."""
        if (state["monitor"], state["mode"]) != (self.monitor, self.mode):
            return False
        self.entries = [(value, step, epoch) for value, step, epoch in state["entries"]]
        return True


@dataclass
class Patience:
    """Early stopping: counts validations without improvement."""

    monitor: str
    mode: Mode
    patience: int
    min_delta: float
    best: float | None = None
    best_step: int = 0
    bad: int = 0

    @classmethod
    def of(cls, section: EarlyStopping) -> Patience:
        """As the section `early_stopping` says."""
        mode = mode_of(section.monitor, section.mode)
        return cls(section.monitor, mode, section.patience, section.min_delta)

    def observe(self, measures: Mapping[str, Any], step: int) -> bool:
        """Takes the monitored value in, if it was measured; whether training should stop."""
        value = measures.get(self.monitor)
        if value is None:
            return False
        if is_better(value, self.best, self.mode, self.min_delta):
            self.best, self.best_step, self.bad = float(value), step, 0
            return False
        self.bad += 1
        return self.is_over

    @property
    def is_over(self) -> bool:
        """Whether training should stop."""
        return self.bad >= max(self.patience, 1)

    def reason(self) -> str:
        """For people: what has not got better, for how long."""
        times = f"{self.bad} validation{'s' if self.bad != 1 else ''}"
        best = "" if self.best is None else f"; the best was {self.best:.6g} at step {self.best_step}"
        return f"{self.monitor} has not improved for {times}{best}"

    def state(self) -> dict[str, Any]:
        """What must survive a resume."""
        return {key: asdict(self)[key] for key in ("monitor", "mode", "best", "best_step", "bad")}

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Continues from what `state` gave; False, and nothing restored, when that measured something else."""
        if (state["monitor"], state["mode"]) != (self.monitor, self.mode):
            return False
        self.best, self.best_step, self.bad = state["best"], state["best_step"], state["bad"]
        return True
