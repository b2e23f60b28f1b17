"""The stages of [transfer] while a run trains: going over from one to the next, at an epoch's begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netspec.freezing import stage_at
from netspec.training.events import Event
from netspec.training.freeze_proof import announce_frozen
from netspec.training.training import Position, Training


def enter_stage(training: Training) -> Iterator[Event]:
    """Go over to the stage of the epoch that begins, if that is another one.

    The digest of what stays frozen is taken before the tensors take their new places, and proved after.
    """
    stage = stage_at(training.stages, training.position.epoch)
    if stage.number == training.stage_number:
        return
    unfrozen = training.program.frozen - stage.frozen
    for run in training.lanes:
        run.frozen_digest = run.lane.frozen_digest(stage.frozen)
    training.program.enter(stage.number)
    training.stage_number, training.stage_step = stage.number, training.position.step
    if _restarts(training):
        for run in training.active():
            run.schedule_state = training.settings.schedule.initial_state()
    aim_schedule(training)
    yield from announce_frozen(training, training.position.epoch, unfrozen)


def aim_schedule(training: Training) -> None:
    """With restart_schedule: let the schedule run over the steps of the stage that holds."""
    if not _restarts(training):
        return
    end = training.stage_end() or training.settings.epochs
    for run in training.lanes:
        run.schedule_from = training.stage_step
        run.schedule_steps = (end - training.stage.first_epoch) * training.settings.steps_per_epoch


def _restarts(training: Training) -> bool:
    transfer = training.spec.transfer
    return transfer is not None and transfer.restart_schedule


def stage_state(training: Training) -> dict[str, Any]:
    """What a resumed run must know of the stage."""
    return {"number": training.stage_number, "step": training.stage_step, "since": dict(training.program.since)}


def restore_stage(training: Training, saved: Mapping[str, Any], frozen: list[str], position: Position) -> None:
    """Stand in the stage of a saved state whose layers `frozen` were frozen.

    When the spec has other stages by now, it is the one of the last epoch that was begun; layers which have begun to learn
    by that count their updates from here.
    """
    stages, number = training.stages, saved["number"]
    begun = stage_at(stages, position.epoch if position.batch else max(position.epoch - 1, 0)).number
    fitting = {begun, stage_at(stages, position.epoch).number}  # between epochs the next stage may have begun, or not yet
    is_same = number in fitting and sorted(stages[number].frozen) == frozen
    if not is_same:
        number = begun
    newly = set(frozen) - stages[number].frozen
    since = {name: step for name, step in saved["since"].items() if name not in stages[number].frozen}
    if number != training.program.stage or training.program.since or since or newly:
        training.program.enter(number, {**since, **dict.fromkeys(newly, position.step)})
    training.stage_number = number
    training.stage_step = saved["step"] if is_same else position.step
    aim_schedule(training)
