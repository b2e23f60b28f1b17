"""Saving: weights that are best, last, among the best k or due, and the state, as one commit.

Order of a commit: the new best weights are written beside the old ones (pending), then the state, which names them,
then they are renamed. A kill in between leaves either the old state with the old best, or the new state, which on
resume finishes the renaming: state and best never disagree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from netspec import __version__
from netspec.defaults import fill_defaults
from netspec.rendering import spec_hash
from netspec.training.events import Checkpoint
from netspec.training.lane_run import LaneRun
from netspec.training.run_folder import RunFolder
from netspec.training.state import write_state
from netspec.training.training import Training
from netspec.weights import write_weights

PENDING = ".pending-"


def commit(
    training: Training, epoch: int, best: list[LaneRun], *, due: bool, force: bool = False
) -> Iterator[Checkpoint]:
    """Save what is to be saved after this step.

    best: lanes whose step is among the best; due: the interval `every` ends; force: save the state even when the spec
    does not ask for it (an interrupted run). Nothing happens in a dry run.
    """
    folder = training.folder
    if folder is None:
        return
    saves_state = training.settings.save_last or force
    training.last_commit = {
        "epoch": epoch,
        "best": [run.label for run in best],
        "due": due,
        "last": saves_state,
        "pending": dict(_write_best(training, folder, epoch, best)),
    }
    if saves_state:
        write_state(training, folder.state)
        training.saved = replace(training.position)
        for run in training.lanes:
            run.rates.clear()
    yield from complete_commit(training)


def complete_commit(training: Training) -> Iterator[Checkpoint]:
    """What follows the state: renaming the best, the other files of weights, their events. Twice does no harm."""
    folder, saved = training.folder, training.last_commit
    assert folder is not None
    finish_pending(folder, saved["pending"])
    remove_fallen(training)
    best = [run for run in training.lanes if run.label in saved["best"]]
    yield from _best_events(training, folder, saved["epoch"], best)
    if saved["last"]:
        yield from _save_all(training, folder, saved["epoch"], "last")
    if saved["due"]:
        yield from _save_all(training, folder, saved["epoch"], f"step-{training.position.step:06d}")


def finish_pending(folder: RunFolder, pending: dict[str, str]) -> None:
    """Rename what the state names, and remove what no state names: pending files, and best ones that fell out."""
    for name, final in pending.items():
        source = folder.checkpoints / name
        if source.exists():
            source.replace(folder.checkpoints / final)
    for left in folder.checkpoints.glob(f"*{PENDING}*"):
        left.unlink()


def remove_fallen(training: Training) -> None:
    """Remove the files of steps that are no longer among the best k."""
    folder = training.folder
    if folder is None:
        return
    for run in training.lanes:
        kept = {folder.weights(_top(step), run.label).name for step in (run.kept.steps() if run.kept else [])}
        suffix = folder.weights("", run.label).name
        for path in folder.checkpoints.glob("top-*"):
            middle = path.name.removeprefix("top-").removesuffix(suffix)
            if path.name.endswith(suffix) and middle.isdecimal() and path.name not in kept:
                path.unlink()


def first_nonfinite(run: LaneRun) -> str | None:
    """Name of the first tensor of a lane that holds a NaN or an infinity; None when all is well."""
    for name, array in run.lane.tensors().items():
        if not np.isfinite(array).all():
            return name
    return None


def _write_best(training: Training, folder: RunFolder, epoch: int, best: list[LaneRun]) -> Iterator[tuple[str, str]]:
    """Write pending files; gives (pending name, final name)."""
    step = training.position.step
    for run in best:
        assert run.kept is not None
        kinds = ["best"] if run.kept.steps()[0] == step else []
        kinds += [_top(step)] if run.kept.most > 1 else []
        for kind in kinds:
            final = folder.weights(kind, run.label)
            pending = final.with_name(f"{kind}{PENDING}{step}{final.name.removeprefix(kind)}")
            save_weights(training, run, pending, epoch, kind)
            yield pending.name, final.name


def _best_events(training: Training, folder: RunFolder, epoch: int, best: list[LaneRun]) -> Iterator[Checkpoint]:
    step = training.position.step
    for run in best:
        assert run.kept is not None
        value = next(value for value, kept, _ in run.kept.entries if kept == step)
        if run.kept.steps()[0] == step:
            yield _event(training, run, epoch, "best", folder, run.kept.monitor, value)
        if run.kept.most > 1:
            yield _event(training, run, epoch, "top", folder, run.kept.monitor, value)


def _save_all(training: Training, folder: RunFolder, epoch: int, kind: str) -> Iterator[Checkpoint]:
    """Weights of every lane that still trains or has just stopped, as `kind`."""
    for run in training.lanes:
        if not run.ended:
            save_weights(training, run, folder.weights(kind, run.label), epoch, kind)
            yield _event(training, run, epoch, "last" if kind == "last" else "every", folder)


def save_weights(training: Training, run: LaneRun, path: Path, epoch: int, kind: str) -> None:
    """A lane's parameters and statistics, with everything that predict needs."""
    spec, data = training.spec, training.data
    metadata = {
        "netspec_version": __version__,
        "spec_hash": spec_hash(spec),
        "spec": json.dumps(fill_defaults(spec).model_dump(mode="json", exclude_none=True), ensure_ascii=False),
        "normalization": data.normalization.to_json(),
        "classes": json.dumps(data.classes, ensure_ascii=False),
        "optimizer": run.label,
        "step": str(run.lane.step),
        "epoch": str(epoch),
        "kind": kind,
    }
    if kind == "last" and training.kept == "last":
        metadata["chosen"] = "true"
    write_weights(path, run.lane.tensors(), metadata)


def _event(
    training: Training,
    run: LaneRun,
    epoch: int,
    kind: str,
    folder: RunFolder,
    monitor: str | None = None,
    value: float | None = None,
) -> Checkpoint:
    step = training.position.step
    stem = {"top": _top(step), "every": f"step-{step:06d}"}.get(kind, kind)
    return Checkpoint(
        optimizer=run.label,
        step=run.lane.step,
        epoch=epoch,
        seconds=training.clock.read(),
        kind=kind,
        path=folder.relative(folder.weights(stem, run.label)),
        monitor=monitor,
        value=value,
    )


def _top(step: int) -> str:
    return f"top-{step:06d}"
