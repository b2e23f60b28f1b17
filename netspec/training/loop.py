"""The training loop: for every batch, every lane; then whatever is due. It yields events and writes no history."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import nullcontext

from netspec.datasets.batch import Batch
from netspec.training.begin import begin
from netspec.training.checkpoints import commit
from netspec.training.ending import conclude, conclude_stopped, finish
from netspec.training.events import NAN, NO_WEIGHT, Event, Step
from netspec.training.features import tend_features
from netspec.training.freeze_proof import prove_frozen
from netspec.training.insight import is_look_due
from netspec.training.lane_run import LaneRun
from netspec.training.never_moved import alarm_unmoved, begin_epoch
from netspec.training.nonfinite import examine
from netspec.training.obey import obey
from netspec.training.saving import save
from netspec.training.settings import is_due
from netspec.training.targets import weighs
from netspec.training.training import Clock, Training, groups
from netspec.training.unfreezing import enter_stage
from netspec.training.validation import end_epoch, validate


def loop(training: Training) -> Iterator[Event]:
    """All events of a run, from where it stands to its end."""
    training.clock = Clock(training.clock.before)
    yield from begin(training)
    interrupted = False
    while training.active() and training.position.epoch < training.settings.epochs and not interrupted:
        yield from enter_stage(training)
        yield from tend_features(training)
        interrupted = yield from _epoch(training)
    yield from finish(training, interrupted=interrupted)


def _epoch(training: Training) -> Generator[Event, None, bool]:
    """The rest of one epoch; returns whether the caller asked to stop."""
    position, settings = training.position, training.settings
    begin_epoch(training)
    batches = training.batches(position.epoch, position.batch)
    try:
        for group in groups(batches, settings.accumulation):
            if training.is_stopped():
                return True
            if training.is_to_be_saved():
                yield from save(training, position.epoch + 1, [], due=False, force=True)
            if (yield from obey(training)):
                return True
            if not any(weighs(settings.losses, batch) for batch in group):
                yield from _end_without_weight(training, group)
                break
            yield from _step(training, group)
            position.step += 1
            position.batch += len(group)
            yield from _after_step(training, ends=position.batch >= settings.batches_per_epoch)
            if not training.active():
                break
    finally:
        batches.close()  # ends the thread that prepares batches
    return False


def _end_without_weight(training: Training, group: list[Batch]) -> Iterator[Event]:
    """The loss of this step would be 0/0: save what is there, and say what to do. `finish` tells the ends."""
    position = training.position
    if training.folder is not None and training.saved != position:
        yield from commit(training, position.epoch + 1, [], due=False, force=True)
    labels = sum(len(batch.y) for batch in group)
    first = training.data.train.names[group[0].index[0]]
    for run in training.active():
        run.reason = NO_WEIGHT
        run.message = (
            f"step {position.step + 1} has nothing to learn from: each of its {labels} labels (epoch {position.epoch + 1}, "
            f"from sample {first} on) is ignored or of class weight 0; use a larger batch_size, or leave such samples out "
            "of the data"
        )


def _step(training: Training, group: list[Batch]) -> Iterator[Event]:
    """One update of every lane that trains, on the same batches."""
    epoch, step = training.position.epoch + 1, training.position.step + 1
    ends = _ends_epoch(training, group)
    is_due = ends or is_look_due(step) or _validates(training, step, ends)
    is_last = ends and epoch == training.settings.epochs
    is_looked_at = is_due and training.insight.looks_at_step(training, is_last=is_last)
    for run in training.active():
        with training.insight.step(training, run) if is_looked_at else nullcontext():
            loss, samples = run.train_step(group, training.dtype)
        seconds = training.clock.read()
        yield Step(
            optimizer=run.label, step=step, epoch=epoch, seconds=seconds, loss=loss, lr=run.lr, samples=samples
        )  # fmt: skip
        if not math.isfinite(loss):
            run.reason = NAN
            run.message, bundle = examine(training, run, group, loss)
            yield conclude(training, run, epoch, step=step, bundle=bundle)


def _after_step(training: Training, *, ends: bool) -> Iterator[Event]:
    """Validation, end of epoch, saving and ending, where due. At an epoch's end the position moves to the next one."""
    settings, position = training.settings, training.position
    epoch, step = position.epoch + 1, position.step
    best: list[LaneRun] = []
    if _validates(training, step, ends):
        best += yield from validate(training, epoch)
    if ends:
        best += yield from end_epoch(training, epoch)
        yield from prove_frozen(training, epoch)
        yield from alarm_unmoved(training, epoch)
        position.epoch, position.batch = epoch, 0
    due = is_due(settings.save_every, step=step, epoch=epoch, epoch_ends=ends)
    stops = any(not run.is_training and not run.ended for run in training.lanes)
    if ends or best or due or stops:
        yield from save(training, epoch, best, due=due)
    yield from conclude_stopped(training, epoch)


def _ends_epoch(training: Training, group: list[Batch]) -> bool:
    """Whether the step on these batches is the epoch's last."""
    return training.position.batch + len(group) >= training.settings.batches_per_epoch


def _validates(training: Training, step: int, ends: bool) -> bool:
    """Whether a validation follows step number `step` of the run."""
    settings, epoch = training.settings, training.position.epoch + 1
    due = is_due(settings.validation_every, step=step, epoch=epoch, epoch_ends=ends)
    return settings.has_validation and (due or (ends and epoch == settings.epochs))
