"""How a lane ends: its digest, the best weights brought back, the end event."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.training.checkpoints import commit
from netspec.training.events import COMPLETED, DRY_RUN, EARLY_STOPPING, INTERRUPTED, End, Event
from netspec.training.lane_run import LaneRun
from netspec.training.training import Training
from netspec.weights import digest, read_weights


def conclude(
    training: Training, run: LaneRun, epoch: int, *, step: int | None = None, bundle: str | None = None
) -> End:
    """The end event of a lane whose `reason` is set; brings back the best weights where that is asked for."""
    assert run.reason is not None
    run.digest, run.ended = digest(dict(run.lane.tensors())), True
    best = run.kept.best if run.kept is not None else None
    kept = training.kept if run.reason == INTERRUPTED else None
    restores = training.settings.restore_best if run.reason in (COMPLETED, EARLY_STOPPING) else kept == "best"
    restored = restores and _restore_best(training, run)
    return End(
        optimizer=run.label,
        step=run.lane.step if step is None else step,
        epoch=epoch,
        seconds=training.clock.read(),
        reason=run.reason,
        message=run.message,
        best_step=best[1] if best else None,
        best_value=best[0] if best else None,
        monitor=run.kept.monitor if best and run.kept else None,
        restored=restored,
        kept=None if kept is None else "best" if restored else "last",
        digest=run.digest,
        bundle=bundle,
    )


def conclude_stopped(training: Training, epoch: int) -> Iterator[Event]:
    """End events of all lanes that have stopped and not yet said so."""
    for run in training.lanes:
        if not run.is_training and not run.ended:
            yield conclude(training, run, epoch)


def finish(training: Training, *, interrupted: bool) -> Iterator[Event]:
    """Ends what still trains: the epochs are done, or the caller asked to stop, and then the state is saved first."""
    position, settings = training.position, training.settings
    epoch = position.epoch if position.batch == 0 else position.epoch + 1
    if interrupted and (training.saved != position or training.kept == "last"):  # the file says that it was chosen
        yield from commit(training, epoch, [], due=False, force=True)
    for run in training.active():
        if training.options.dry_run:
            run.reason, run.message = DRY_RUN, "dry run: everything was built, nothing was written"
        elif interrupted:
            run.reason = INTERRUPTED
            run.message = f"stopped on request after step {position.step}{_kept_weights(training, run)}"
        else:
            run.reason, run.message = COMPLETED, f"{_plural(settings.epochs, 'epoch')}, {_plural(position.step, 'step')}"
    yield from conclude_stopped(training, epoch)


def _restore_best(training: Training, run: LaneRun) -> bool:
    """Load the best weights into the lane; False when none are kept."""
    if not _has_best(training, run):
        return False
    assert training.folder is not None
    assert run.kept is not None
    assert run.kept.best is not None
    weights = read_weights(training.folder.weights("best", run.label))
    expected = str(run.kept.best[1])
    assert weights.metadata["step"] == expected, f"best weights are of step {weights.metadata['step']}, not {expected}"
    run.lane.load_tensors(weights.tensors)
    return True


def _has_best(training: Training, run: LaneRun) -> bool:
    return training.folder is not None and run.kept is not None and run.kept.best is not None


def _kept_weights(training: Training, run: LaneRun) -> str:
    """Which weights stand for the run; said only where somebody has chosen."""
    if training.kept is None:
        return ""
    if training.kept == "last":
        return ", keeping the last weights"
    if not _has_best(training, run):
        return ", keeping the last weights: no best ones have been saved"
    assert run.kept is not None
    assert run.kept.best is not None
    value, step = run.kept.best[:2]
    return f", keeping the best weights ({run.kept.monitor} {value:.6g} at step {step})"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
