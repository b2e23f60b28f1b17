"""One lane of a run: what the trainer remembers beside the lane's tensors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netspec.datasets.base import Array
from netspec.datasets.batch import Batch
from netspec.loss_value import LossValue
from netspec.losses.base import Loss
from netspec.metrics.report import Report
from netspec.training.contract import Lane
from netspec.training.evaluate import loss_parts, measured_target, output_of
from netspec.training.events import EARLY_STOPPING
from netspec.training.monitors import RUNNING, Kept, Patience
from netspec.training.settings import Settings
from netspec.training.targets import targets_for

_BATCHES_AT_ONCE, _BYTES_AT_ONCE = 32, 1 << 20
"""Outputs wait for being counted until they are so many: counting one small batch is all overhead."""


@dataclass
class Running:
    """Counts of the running epoch, taken from the batches as they were trained on."""

    report: Report
    losses: Sequence[Loss]
    total: LossValue
    samples: int = 0
    seconds: float = 0.0
    _waiting: list[tuple[Array, Array]] = field(default_factory=list)
    _waiting_bytes: int = 0

    def count(self, outputs: Array, targets: Array) -> None:
        """Takes a batch into the metrics, which do not depend on how the epoch is cut; keeps both arrays for a while."""
        self._waiting.append((outputs, targets))
        self._waiting_bytes += outputs.nbytes
        if len(self._waiting) >= _BATCHES_AT_ONCE or self._waiting_bytes >= _BYTES_AT_ONCE:
            self._count_waiting()

    def _count_waiting(self) -> None:
        if self._waiting:
            outputs, targets = (np.concatenate(arrays) for arrays in zip(*self._waiting, strict=True))
            self._waiting, self._waiting_bytes = [], 0
            self.report.update(outputs, targets)

    def measures(self) -> dict[str, Any]:
        """running_loss, its parts, and the running metrics."""
        self._count_waiting()
        values = {**loss_parts(self.losses, self.total), **self.report.compute()}
        return {RUNNING + "loss": self.total.mean, **{RUNNING + name: value for name, value in values.items()}}

    def state(self) -> dict[str, Any]:
        """Everything counted so far, as JSON values."""
        self._count_waiting()
        numbers = {"loss": self.total.parts, "samples": self.samples, "seconds": self.seconds}
        return {**numbers, "report": self.report.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continues from what `state` gave."""
        self.total = LossValue.of(state["loss"])
        self.samples, self.seconds = state["samples"], state["seconds"]
        self.report.restore(state["report"])


def new_running(settings: Settings) -> Running:
    """Empty counts."""
    return Running(settings.new_report(), settings.losses, LossValue.empty(len(settings.losses)))


@dataclass
class LaneRun:
    """A lane in training.

    reason: why it is finished, one of events.REASONS, None while it trains. digest: of its last tensors, once finished.
    ended: its end event is out.
    """

    lane: Lane
    settings: Settings
    schedule_state: dict[str, Any]
    running: Running
    kept: Kept | None
    patience: Patience | None
    frozen_digest: str = ""
    lr: float = 0.0
    reason: str | None = None
    message: str = ""
    digest: str = ""
    ended: bool = False
    keeps_gradients: bool = False
    """The next step leaves its gradients in place, also in a large network."""
    schedule_from: int = 0
    """The update at which the schedule began, and its length; 0 updates: the whole run's."""
    schedule_steps: int = 0
    rates: list[float] = field(default_factory=list)
    """Learning rates since the last saved state, with which its steps can be replayed."""

    @classmethod
    def start(cls, lane: Lane, settings: Settings) -> LaneRun:
        """Before the first step."""
        return cls(
            lane=lane,
            settings=settings,
            schedule_state=settings.schedule.initial_state(),
            running=new_running(settings),
            kept=settings.new_kept(),
            patience=settings.new_patience(),
            frozen_digest=lane.frozen_digest(),
            lr=learning_rate(lane, settings, settings.schedule.initial_state()),
        )

    @property
    def label(self) -> str:
        """Name of the lane: the optimizer's."""
        return self.lane.label

    @property
    def is_training(self) -> bool:
        """Whether it still takes steps."""
        return self.reason is None

    def new_epoch(self) -> None:
        """Empty counts."""
        self.running = new_running(self.settings)

    def train_step(self, batches: Sequence[Batch], dtype: Any) -> tuple[float, int]:
        """One update from one batch, or from several whose gradients are added up; loss and number of samples."""
        started = time.perf_counter()
        self.lr = learning_rate(
            self.lane, self.settings, self.schedule_state, begins=self.schedule_from, steps=self.schedule_steps)  # fmt: skip
        self.rates.append(self.lr)
        value = update(
            self.lane, batches, self.settings.losses, self.lr, dtype, self._count, keeps_gradients=self.keeps_gradients
        )
        samples = sum(len(batch.x) for batch in batches)
        self.running.total += value
        self.running.samples += samples
        self.running.seconds += time.perf_counter() - started
        return value.mean, samples

    def _count(self, batch: Batch) -> None:
        loss = self.settings.loss
        self.running.count(output_of(self.lane, loss), measured_target(loss, batch))

    def observe(self, measures: Mapping[str, Any], epoch: int) -> bool:
        """Tells schedule, best and patience what was measured; whether this step is among the best."""
        schedule, step = self.settings.schedule, self.lane.step
        value = measures.get(schedule.monitored() or "")
        if value is not None:
            self.schedule_state = schedule.observe(self.schedule_state, float(value))
        if self.patience is not None and self.patience.observe(measures, step):
            self.reason, self.message = EARLY_STOPPING, self.patience.reason()
        return self.kept is not None and self.kept.observe(measures, step, epoch)


def learning_rate(
    lane: Lane, settings: Settings, state: Mapping[str, Any], *, begins: int = 0, steps: int = 0
) -> float:  # fmt: skip
    """The rate of the lane's next update, by a schedule that began at update `begins` and lasts so many `steps`."""
    factor = settings.schedule.factor(
        lane.step - begins,
        steps_per_epoch=settings.steps_per_epoch,
        total_steps=max(steps or settings.total_steps, 1),
        state=state,
    )
    return float(lane.optimizer.lr * factor)


def update(
    lane: Lane,
    batches: Sequence[Batch],
    losses: Sequence[Loss],
    lr: float,
    dtype: Any,
    count: Callable[[Batch], None] = lambda batch: None,
    *,
    keeps_gradients: bool = False,
) -> LossValue:
    """One optimizer update; its loss. `count` is called while a batch's outputs are in place."""
    total = LossValue.empty(len(losses))
    for batch in batches:
        y = targets_for(lane, batch, losses, dtype)
        if len(batches) == 1:
            value = lane.train_step(batch.feed, y, lr=lr, keeps_gradients=keeps_gradients)
        else:
            value = lane.accumulate(batch.feed, y)
        total += value
        count(batch)
    if len(batches) > 1:
        lane.update(lr=lr)
    return total
