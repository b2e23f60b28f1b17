"""Saving what is sound: a lane whose tensors are broken ends instead."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.training.checkpoints import commit, first_nonfinite
from netspec.training.ending import conclude
from netspec.training.events import FROZEN_CHANGED, NAN, Event
from netspec.training.lane_run import LaneRun
from netspec.training.training import Training


def save(training: Training, epoch: int, best: list[LaneRun], *, due: bool, force: bool = False) -> Iterator[Event]:
    """Commit what is sound: a lane with NaN ends here instead, and after a change of frozen tensors nothing is saved."""
    for run in training.lanes:
        if not run.ended and (name := first_nonfinite(run)) is not None:
            run.reason, run.message = NAN, f"{name} holds NaN or infinity after step {training.position.step}"
            yield conclude(training, run, epoch)
    alive = [run for run in training.lanes if not run.ended and run.reason != FROZEN_CHANGED]
    if alive:
        yield from commit(training, epoch, [run for run in best if run in alive], due=due, force=force)
