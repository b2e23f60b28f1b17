"""The sweep itself: every lane takes steps at rising rates, on the batches that come next in the run's own order."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from netspec.datasets.batch import Batch
from netspec.loss_value import LossValue
from netspec.range_test.curve import LaneCurve
from netspec.training.errors import TrainError
from netspec.training.lane_run import LaneRun, update
from netspec.training.targets import targets_for, weighs
from netspec.training.training import Training, groups

DIVERGED = 4.0
"""A lane stops when its running mean exceeds so many times its lowest."""
KEPT = 0.8
"""Share of the running mean that stays at each step: it looks back over 5."""
FIRST = 5
"""Steps at rates too small to matter: the largest loss among them is no divergence."""
PASSES = 4
"""Little data are not repeated more often, unless fewer than LEAST_STEPS steps would be left."""
LEAST_STEPS, STEPS = 40, 100


@dataclass(frozen=True)
class Range:
    """Rates from lr_min to lr_max, each the same factor above the one before. Raises TrainError when they are none."""

    lr_min: float = 1e-7
    lr_max: float = 10.0
    steps: int | None = None
    """None: 100, fewer where these would be many passes over little data."""

    def __post_init__(self) -> None:
        if not 0 < self.lr_min < self.lr_max < math.inf:
            raise TrainError(
                f"lr-find: rates from {self.lr_min:g} to {self.lr_max:g}", "let 0 < lr_min < lr_max, both finite"
            )
        if self.steps is not None and self.steps < 10:
            raise TrainError(f"lr-find: {self.steps} steps make no curve", "use 10 or more")

    def rates(self, steps_per_epoch: int) -> list[float]:
        """The rates in their order."""
        steps = self.steps or min(STEPS, max(LEAST_STEPS, PASSES * steps_per_epoch))
        factor = (self.lr_max / self.lr_min) ** (1 / (steps - 1))
        return [self.lr_min * factor**i for i in range(steps)]


def sweep(training: Training, rates: list[float], restore: Callable[[], None]) -> list[LaneCurve]:
    """The curves of all lanes. Their tensors are those of an overheated training afterwards: restore them.

    The batches are gone through twice, first with the weights as they are; `restore` brings the statistics back between.
    A rate's loss is that of the next step's batch, so one more step is done than there are rates.
    """
    curves = [LaneCurve(run.label, run.lane.optimizer.type_name(), run.lane.optimizer.lr) for run in training.lanes]
    base = [untouched(training, run, len(rates) + 1) for run in training.lanes]
    restore()
    means = [_Mean() for _ in curves]
    with closing(endless(training)) as batches:
        for i, group in zip(range(len(rates) + 1), batches, strict=False):
            running = [place for place, curve in enumerate(curves) if curve.stopped is None]
            for place in running:
                _step(training, training.lanes[place], group, curves[place], means[place], rates, i)
            if not running:
                break
    for curve, losses in zip(curves, base, strict=True):
        curve.untouched = losses[1 : len(curve.loss) + 1]
    return curves


def untouched(training: Training, run: LaneRun, steps: int) -> list[float]:
    """Losses of the batches to come, with the weights as they are and the random numbers of those steps."""
    found, first = [], run.lane.step
    with closing(endless(training)) as batches:
        for i, group in zip(range(steps), batches, strict=False):
            run.lane.step = first + i
            total = LossValue.empty(len(training.settings.losses))
            for batch in group:
                y = targets_for(run.lane, batch, training.settings.losses, training.dtype)
                total += run.lane.differentiate(batch.feed, y)
            found.append(total.mean)
    return found


def _step(
    training: Training, run: LaneRun, group: list[Batch], curve: LaneCurve, mean: _Mean, rates: list[float], i: int
) -> None:
    """One update with the next rate; its loss belongs to the rate before."""
    rate = rates[min(i, len(rates) - 1)]
    loss = update(run.lane, group, training.settings.losses, rate, training.dtype).mean
    if i == 0:
        curve.before = loss
    else:
        curve.lr.append(rates[i - 1])
        curve.loss.append(loss)
    if not math.isfinite(loss):
        curve.stopped = "nan"
    elif mean.diverges(loss):
        curve.stopped = "diverged"


class _Mean:
    """The running mean of a lane's losses, by which its divergence is told."""

    def __init__(self) -> None:
        self.sum, self.weight, self.lowest = 0.0, 0.0, math.inf
        self.first: list[float] = []

    def diverges(self, loss: float) -> bool:
        """Takes a loss; whether the mean is DIVERGED times its lowest, and above the first losses."""
        self.sum, self.weight = KEPT * self.sum + (1 - KEPT) * loss, KEPT * self.weight + 1 - KEPT
        mean = self.sum / self.weight
        self.lowest = min(self.lowest, mean)
        if len(self.first) < FIRST:
            self.first.append(loss)
            return False
        return self.lowest > 0 and mean > max(DIVERGED * self.lowest, *self.first)


def endless(training: Training) -> Generator[list[Batch], None, None]:
    """The batches of each update from where the run stands, epoch after epoch; those without anything to learn left out."""
    epoch, start, settings = training.position.epoch, training.position.batch, training.settings
    is_empty = False
    while not is_empty:
        is_empty = start == 0
        with closing(training.batches(epoch, start)) as batches:
            for group in groups(batches, settings.accumulation):
                if any(weighs(settings.losses, batch) for batch in group):
                    is_empty = False
                    yield group
        epoch, start = epoch + 1, 0
    raise TrainError("lr-find: no batch of an epoch has anything to learn", "correct the labels, or ignore_index")
