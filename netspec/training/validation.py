"""Evaluation before step 0, validation, and the training part with fixed weights."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from netspec.datasets.base import Part
from netspec.training.evaluate import Evaluation, Watch, evaluate, samples_in
from netspec.training.events import Epoch, Event, Validation
from netspec.training.features import evaluation_batches
from netspec.training.lane_run import LaneRun
from netspec.training.training import Training

FIRST_LOOK = 1024
"""Samples of the training part that are evaluated before step 0 when there is no validation part."""


def validate(training: Training, epoch: int) -> Generator[Event, None, list[LaneRun]]:
    """Validate every lane that trains; returns those for which this step is among the best."""
    assert training.data.validation is not None
    best = []
    for run in training.active():
        found = _watched(training, run, epoch, training.data.validation, "validation")
        yield _event(training, run, epoch, found, "validation")
        measures = {f"val_{name}": value for name, value in {**found.metrics, "loss": found.loss}.items()}
        if run.observe(measures, epoch):
            best.append(run)
    return best


def first_look(training: Training) -> Iterator[Event]:
    """Evaluation before step 0, beside the loss that a network without a clue would have.

    On the validation part, or on the first samples of the training part when there is none. It is no candidate for the
    best and does not count for early stopping or the schedule.
    """
    part, name, limit = training.data.validation, "validation", training.settings.limit_batches
    if part is None:
        batches = max(1, FIRST_LOOK // training.settings.batch_size)
        part, name, limit = training.data.train, "train", min(batches, limit or batches)
    for run in training.active():
        found = _watched(training, run, 0, part, name, limit)
        yield _event(training, run, 0, found, name, expected_loss(training, run))


def expected_loss(training: Training, run: LaneRun) -> float | None:
    """Loss of a network that cannot tell the classes apart, such as ln C; None where a loss knows of no such value."""
    pairs = zip(training.settings.losses, run.lane.loss_shapes, strict=True)
    expected = [(loss.weight, loss.expected_initial(shape)) for loss, shape in pairs]
    known = [weight * value for weight, value in expected if value is not None]
    return sum(known) if len(known) == len(expected) else None


def end_epoch(training: Training, epoch: int) -> Generator[Event, None, list[LaneRun]]:
    """Epoch events, with the training part under fixed weights where asked for; returns lanes at one of their best."""
    best = []
    for run in training.lanes:
        if run.ended:
            continue
        running = run.running
        measures = running.measures()
        fixed = evaluate_part(training, run, training.data.train) if training.settings.evaluate_train else None
        if fixed is not None:
            measures |= {f"train_{name}": value for name, value in {**fixed.metrics, "loss": fixed.loss}.items()}
        yield Epoch(
            optimizer=run.label,
            step=training.position.step,
            epoch=epoch,
            seconds=training.clock.read(),
            running_loss=measures["running_loss"],
            lr=run.lr,
            samples=running.samples,
            samples_per_second=running.samples / running.seconds if running.seconds else 0.0,
            train_loss=measures.get("train_loss"),
            penalty=run.lane.penalty(),
            from_cache=training.features.served if training.features is not None else None,
            metrics={name: value for name, value in measures.items() if name not in ("running_loss", "train_loss")},
        )
        if run.observe(measures, epoch):
            best.append(run)
        run.new_epoch()
    return best


def _watched(
    training: Training, run: LaneRun, epoch: int, part: Part, name: str, limit: int | None = None
) -> Evaluation:
    """An evaluation that is looked into, when somebody wants it."""
    worst = training.insight.watcher(training)
    found = evaluate_part(training, run, part, limit, watch=worst.watch if worst is not None else None)
    if worst is not None:
        training.insight.validated(training, run, epoch, found, worst, part, name)
    return found


def evaluate_part(
    training: Training, run: LaneRun, part: Part, limit: int | None = None, watch: Watch | None = None
) -> Evaluation:
    """A part with the lane's weights as they are, in inference mode; as much of it as `limit_batches` allows."""
    limit_batches = limit if limit is not None else training.settings.limit_batches
    size = training.settings.batch_size
    return evaluate(
        run.lane,
        part,
        training.data.normalization,
        metrics=training.settings.metrics,
        losses=training.settings.losses,
        batch_size=size,
        dtype=training.dtype,
        limit_batches=limit_batches,
        watch=watch,
        finish=training.data.finish,
        batches=evaluation_batches(training, part, samples_in(part, size, limit_batches)),
    )


def _event(
    training: Training, run: LaneRun, epoch: int, found: Evaluation, part: str, expected: float | None = None
) -> Validation:
    return Validation(
        optimizer=run.label,
        step=training.position.step,
        epoch=epoch,
        seconds=training.clock.read(),
        loss=found.loss,
        samples=found.samples,
        expected_loss=expected,
        part=part,
        penalty=run.lane.penalty(),
        metrics=found.metrics,
    )
