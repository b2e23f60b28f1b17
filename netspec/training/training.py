"""A run in progress: everything the loop works on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.augmenter import Augmenter
from netspec.datasets.batch import Batch, Key
from netspec.datasets.load import Data
from netspec.datasets.loader import Loader, epoch_order
from netspec.freezing import FreezeStage
from netspec.load_report import LoadReport
from netspec.spec.model import Spec
from netspec.training.contract import Program, dtype_of
from netspec.training.control import Inbox, Keep
from netspec.training.features import Features, batches_of_epoch
from netspec.training.history import History
from netspec.training.insight import Insight
from netspec.training.lane_run import LaneRun
from netspec.training.movement import Movement
from netspec.training.run_folder import RunFolder
from netspec.training.settings import Options, Settings

Stop = Callable[[], bool] | threading.Event | None


@dataclass
class Position:
    """epoch: whole epochs done; batch: batches done in the next one; step: optimizer updates done in all."""

    epoch: int = 0
    batch: int = 0
    step: int = 0


@dataclass
class Clock:
    """Training time in seconds, that of the interrupted run included."""

    before: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    held: float | None = None
    """When it was stopped; None while it runs."""

    def read(self) -> float:
        """Seconds so far."""
        now = time.perf_counter() if self.held is None else self.held
        return self.before + now - self.started

    def hold(self) -> None:
        """Stop it: the run is paused, which is no training time."""
        self.held = time.perf_counter()

    def release(self) -> float:
        """Let it go on; the seconds it stood still."""
        if self.held is None:
            return 0.0
        waited, self.held = time.perf_counter() - self.held, None
        self.started += waited
        return waited


@dataclass
class Training:
    """A run: what it trains, where it stands, where it writes. folder and history are None for a dry run."""

    spec: Spec
    program: Program
    data: Data
    settings: Settings
    options: Options
    lanes: list[LaneRun]
    folder: RunFolder | None
    stop: Stop
    threads: int | None = None
    position: Position = field(default_factory=Position)
    clock: Clock = field(default_factory=Clock)
    save: Stop = None
    inbox: Inbox | None = None
    """What people ask of the run through its folder; None for a dry run."""
    kept: Keep | None = None
    """Which weights are to stand for the run, where whoever stopped it has chosen."""
    history: History | None = None
    insight: Insight = field(default_factory=lambda: Insight(None))
    saved: Position | None = None
    """Where the state on the disk stands."""
    last_commit: dict[str, Any] = field(default_factory=dict)
    """What that state was saved together with, to be completed when a kill came in between."""
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: LoadReport | None = None
    """What became of pretrained weights."""
    augmenter: Augmenter | None = None
    """What varies the training samples; None when nothing does."""
    resumed: bool = False
    movement: Movement = field(default_factory=Movement)
    """Whether trainable tensors move."""
    features: Features | None = None
    """What the frozen prefix makes of the samples, where that is kept."""
    features_of: frozenset[str] | None = None
    """The frozen layers for which that was decided."""
    has_new_frozen: bool = False
    """Resumed with other frozen layers than before."""
    unfrozen: frozenset[str] = frozenset()
    """Layers that were frozen when the resumed run was saved, and no longer are."""
    stages: tuple[FreezeStage, ...] = ()
    """Which layers learn from which epoch on; set up with the run, at least one."""
    stage_number: int = 0
    """The stage that holds."""
    stage_step: int = 0
    """The run's updates when it began."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The compute type."""
        return dtype_of(self.program)

    @property
    def stage(self) -> FreezeStage:
        """Which layers are frozen now."""
        return self.stages[self.stage_number]

    def stage_end(self) -> int | None:
        """Epochs that are done when the next stage begins; None when none follows."""
        later = [stage.first_epoch for stage in self.stages[self.stage_number + 1 :]]
        return later[0] if later and later[0] < self.settings.epochs else None

    def active(self) -> list[LaneRun]:
        """Lanes that still train."""
        return [run for run in self.lanes if run.is_training]

    def is_stopped(self) -> bool:
        """Whether the caller has asked to stop."""
        return _is_wanted(self.stop)

    def is_to_be_saved(self) -> bool:
        """Whether the caller has asked for a checkpoint."""
        return _is_wanted(self.save)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Rows of the training part in the order in which an epoch (from 0) visits them."""
        settings = self.settings
        order = epoch_order(len(self.data.train), self.spec.seed, epoch, settings.shuffle)
        return order[: settings.batches_per_epoch * settings.batch_size]

    def batches(self, epoch: int, start: int) -> Generator[Batch, None, None]:
        """Batches of an epoch (from 0) from number `start` on: always the same ones, so a resumed run repeats them."""
        settings, order = self.settings, self.order(epoch)
        if self.features is not None:
            yield from batches_of_epoch(self, self.features, order, start)
            return
        yield from Loader(
            self.data.train,
            self.data.normalization,
            settings.batch_size,
            order,
            dtype=self.dtype,
            last_batch=settings.last_batch,
            start=start,
            finish=self.data.finish,
            key=Key(self.spec.seed, epoch),
            augmenter=self.augmenter,
        )


def _is_wanted(asked: Stop) -> bool:
    if asked is None:
        return False
    return asked.is_set() if isinstance(asked, threading.Event) else asked()


def groups(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """The batches of one update each: `size` of them, fewer at the end."""
    iterator = iter(batches)
    while group := list(islice(iterator, size)):
        yield group
