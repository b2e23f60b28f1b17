"""`netspec.train`: from a spec to the events of its training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netspec.spec.model import Spec
from netspec.training.contract import Program
from netspec.training.control import Inbox, asked_before
from netspec.training.events import Event, Warned
from netspec.training.features import close_features
from netspec.training.history import History
from netspec.training.inputs import DataArgument
from netspec.training.insight import Insight
from netspec.training.loop import loop
from netspec.training.run_folder import RunFolder
from netspec.training.run_lock import run_lock
from netspec.training.settings import Options
from netspec.training.setup import lock_of, prepare
from netspec.training.state import State
from netspec.training.training import Stop, Training


def train(
    spec: Spec,
    data: DataArgument = None,
    output: str | Path | None = None,
    *,
    resume: str | Path | None = None,
    weights: str | Path | None = None,
    seed: int | None = None,
    threads: int | None = None,
    limit_batches: int | None = None,
    overfit_batches: int | None = None,
    dry_run: bool = False,
    paused: bool = False,
    stop: Stop = None,
    save: Stop = None,
    program: Program | None = None,
    insight: bool = False,
) -> Iterator[Event]:
    """Train what the spec says; each event is in the run folder before it is handed out.

    data: default the spec's [data]; or Data; or arrays (x, y), x as (N, C, H, W) or (N, F), used as they are.
    output: the run folder; default runs/<name>-<n>. resume: a run folder to go on with, exactly where it was saved.
    weights: a file to start from. seed: instead of the spec's. threads: no result depends on it.
    limit_batches: only so many batches of each epoch and validation. overfit_batches: train on the same so many batches
    and validate with them. dry_run: one step, nothing written. paused: wait before the first step for what control.jsonl
    in the run folder asks for (netspec.training.control). stop: asked before every step; when it is (or is set)
    true the state is saved and the run ends as "interrupted". save: asked before every step;
    when it is true the state is saved and the run goes on. program: a compiled program of this spec, whose lanes are
    trained; they keep the result. insight: leave in the run folder what lets people look inside (`training/insight.py`).

    Nothing is written before the first event is asked for. Raises SpecError, DataError, TrainError, WeightsError or
    LoadError, each of which says what to do.
    """
    options = Options(limit_batches, overfit_batches, dry_run)
    training, state = prepare(
        spec, data, output, resume, weights, options, seed=seed, threads=threads, stop=stop, program=program
    )
    training.save = save
    training.insight = Insight(training.folder)
    return _recorded(training, state, paused=paused, wants_insight=insight)


def _recorded(training: Training, state: State | None, *, paused: bool, wants_insight: bool) -> Iterator[Event]:
    """The loop's events, written before they are handed out."""
    if training.folder is None:
        yield from loop(training)
        return
    training.folder.path.mkdir(parents=True, exist_ok=True)
    old = asked_before(training.folder.path)
    with run_lock(training.folder.running):
        training.inbox = Inbox(training.folder.path, paused=paused, old=old)
        try:
            yield from _written(training, training.folder, state, wants_insight=wants_insight)
        finally:
            close_features(training)
            training.inbox.close()


def _written(training: Training, folder: RunFolder, state: State | None, *, wants_insight: bool) -> Iterator[Event]:
    """The same, with the folder held for this process."""
    lock = lock_of(training)
    if state is None:
        folder.create(training.spec, lock)
    else:
        folder.renew(training.spec, lock, state.position.step)
        training.insight.resume(state.position.step, [run.label for run in training.lanes])
    if wants_insight:
        training.insight.want()
    metrics = [metric.better_name() for metric in training.settings.metrics]
    if any(run.lane.penalty() is not None for run in training.lanes):
        metrics.append("penalty")
    start = tuple(state.values["history"]) if state is not None else None
    training.history = History(folder.path, metrics, start)
    try:
        for event in loop(training):
            training.history.write(event)
            yield event
            if training.insight.warnings:
                yield from _told(training, training.history, event)
    finally:
        training.history.close()


def _told(training: Training, history: History, after: Event) -> Iterator[Event]:
    """What went wrong with looking inside."""
    for message in training.insight.new_warnings():
        event = Warned(step=after.step, epoch=after.epoch, seconds=after.seconds, message=message)
        history.write(event)
        yield event
