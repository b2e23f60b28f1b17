"""What the spec and the options ask of a run, worked out once and checked before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from netspec.datasets.load import Data
from netspec.datasets.loader import Shuffle
from netspec.losses.base import Loss
from netspec.metrics.accuracy import Accuracy
from netspec.metrics.base import Metric
from netspec.metrics.mean_average_precision import MeanAveragePrecision
from netspec.metrics.report import Report
from netspec.problems import SpecError
from netspec.schedules.base import Schedule
from netspec.schedules.constant import Constant
from netspec.spec.model import Spec
from netspec.spec.sections import Every
from netspec.training.detecting import detecting_loss
from netspec.training.errors import TrainError, refuse, spec_problem
from netspec.training.monitors import Kept, Patience, available_monitors, check_monitor, mode_of
from netspec.training.targets import ignored_label, reads_classes


@dataclass(frozen=True)
class Options:
    """What the caller may ask beside the spec."""

    limit_batches: int | None = None
    """Only so many batches of each epoch and of each validation."""
    overfit_batches: int | None = None
    """Train on, and validate with, the same so many batches."""
    dry_run: bool = False
    """Build everything, one step and one validation batch, no files."""


@dataclass(frozen=True)
class Settings:
    """The run in numbers. A step is one optimizer update: `accumulation` batches, fewer at an epoch's end."""

    losses: tuple[Loss, ...]
    epochs: int
    batch_size: int
    accumulation: int
    batches_per_epoch: int
    shuffle: Shuffle
    last_batch: Literal["keep", "drop"]
    validation_every: Every
    evaluate_train: bool
    has_validation: bool
    limit_batches: int | None
    metrics: tuple[Metric, ...]
    schedule: Schedule
    save_last: bool
    save_best: bool
    save_every: Every | None
    restore_best: bool
    new_kept: Callable[[], Kept | None]
    new_patience: Callable[[], Patience | None]
    warnings: tuple[str, ...]

    @property
    def loss(self) -> Loss:
        """The main loss, by whose output and target metrics are counted."""
        return self.losses[0]

    def new_report(self) -> Report:
        """Empty counts of the metrics of the running epoch: of those that batches in training tell.

        Detections are not among them: they are made of outputs in inference, and of all regions of a picture.
        """
        return Report([m for m in self.metrics if m.task != "detection"], ignored=ignored_label(self.loss))

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer updates in one epoch."""
        return -(-self.batches_per_epoch // self.accumulation)

    @property
    def total_steps(self) -> int:
        """Optimizer updates in the whole run."""
        return self.steps_per_epoch * self.epochs


def make_settings(spec: Spec, data: Data, options: Options) -> Settings:
    """All of it; raises SpecError with every problem of the sections that concern training."""
    train, early, checkpoint = spec.train, spec.early_stopping, spec.checkpoint
    metrics = metrics_for(spec, data)
    has_validation = data.validation is not None
    monitors = available_monitors(spec.losses, metrics, has_validation=has_validation, evaluate_train=train.evaluate_train)
    monitor = _checkpoint_monitor(spec)
    keeps_best = (checkpoint.save_best or early is not None) and monitor in monitors
    _check(spec, monitors, monitor)
    warnings = () if keeps_best or not checkpoint.save_best else _no_best(monitor)
    mode = mode_of(monitor, _checkpoint_mode(spec)) if keeps_best else "min"
    if not spec.losses:
        raise refuse(
            spec, "NS502", ("loss",), "there is no loss to minimize", 'add [loss] with a type ("cross_entropy")'
        )
    if len(spec.losses) > 1 and train.gradient_accumulation_steps > 1:
        message = f"{len(spec.losses)} losses have divisors of their own, so gradients of batches cannot be added up for them"
        hint = "use a larger batch_size, or one loss"
        raise refuse(spec, "NS503", ("train", "gradient_accumulation_steps"), message, hint)
    _check_metrics(spec, metrics, data)
    return Settings(
        losses=spec.losses,
        epochs=1 if options.dry_run else train.epochs,
        batch_size=min(train.batch_size, len(data.train)),
        accumulation=train.gradient_accumulation_steps,
        batches_per_epoch=_batches(spec, len(data.train), options),
        shuffle="never" if options.overfit_batches is not None else train.shuffle,
        last_batch=train.last_batch,
        validation_every=train.validation_every,
        evaluate_train=train.evaluate_train,
        has_validation=has_validation,
        limit_batches=train.gradient_accumulation_steps if options.dry_run else options.limit_batches,
        metrics=metrics,
        schedule=spec.schedule if isinstance(spec.schedule, Schedule) else Constant(),
        save_last=checkpoint.save_last,
        save_best=keeps_best,
        save_every=checkpoint.every,
        restore_best=early is not None and early.restore_best,
        new_kept=lambda: Kept(monitor, mode, checkpoint.top_k, []) if keeps_best else None,
        new_patience=lambda: Patience.of(early) if early is not None else None,
        warnings=warnings,
    )


def metrics_for(spec: Spec, data: Data) -> tuple[Metric, ...]:
    """The spec's metrics; accuracy when it names none and the main loss compares with classes."""
    if spec.metrics or (data.classes is None and (spec.loss is None or spec.loss.target is None)):
        return spec.metrics
    if detecting_loss(spec.losses) is not None:
        return (MeanAveragePrecision(),)
    return (Accuracy(),) if reads_classes(spec.loss, data.train) else ()


def _check_metrics(spec: Spec, metrics: tuple[Metric, ...], data: Data) -> None:
    """Raise SpecError for metrics that the targets do not allow: before the first step, not after the first epoch."""
    main = spec.losses[0]
    classes = len(data.classes) if data.classes is not None and main.target is None else None
    task, targets = "regression", "the data have numbers as targets"
    if detecting_loss(spec.losses) is not None:
        task, targets = "detection", "the data have boxes as targets"
    elif reads_classes(main, data.train):
        task, targets = "classification", "the data have labels" + (f" of {classes} classes" if classes else "")
    elif main.target is not None:
        targets = f"{main.label()} compares with the numbers of {main.target}"
    for metric in metrics:
        if metric.task != task:
            message = f"{metric.better_name()} is a metric of {metric.task}, but {targets}"
            raise refuse(spec, "NS503", ("metrics",), message, "remove it, or change [data]")
    try:
        Report(metrics, classes)
    except ValueError as problem:
        what, _, hint = str(problem).removeprefix("metrics: ").partition("; ")
        raise refuse(spec, "NS503", ("metrics",), what, hint) from problem


def _checkpoint_monitor(spec: Spec) -> str:
    """What "best" is measured by: early stopping's monitor unless [checkpoint] names its own."""
    early, checkpoint = spec.early_stopping, spec.checkpoint
    if checkpoint.monitor is not None:
        return checkpoint.monitor
    return early.monitor if early is not None else "val_loss"


def _checkpoint_mode(spec: Spec) -> Literal["auto", "min", "max"]:
    early, checkpoint = spec.early_stopping, spec.checkpoint
    if early is not None and early.monitor == _checkpoint_monitor(spec) and checkpoint.mode == "auto":
        return early.mode
    return checkpoint.mode


def _check(spec: Spec, monitors: list[str], best: str) -> None:
    """Raise SpecError for monitors that nothing measures, and for a best that is not the one to be restored."""
    early, checkpoint = spec.early_stopping, spec.checkpoint
    found = []
    if checkpoint.monitor is not None and checkpoint.save_best:
        found.append(check_monitor(spec, "checkpoint", checkpoint.monitor, monitors))
    if early is not None:
        found.append(check_monitor(spec, "early_stopping", early.monitor, monitors))
        if early.restore_best and early.monitor != best:
            message = f"restore_best restores the best {early.monitor}, but checkpoint keeps the best {best}"
            hint = "monitor the same in both, or set restore_best = false"
            found.append(spec_problem(spec, "NS503", ("early_stopping", "restore_best"), message, hint))
    wanted = spec.schedule.monitored() if isinstance(spec.schedule, Schedule) else None
    if wanted is not None:
        found.append(check_monitor(spec, "schedule", wanted, monitors))
    problems = [problem for problem in found if problem is not None]
    if problems:
        raise SpecError(problems)


def _no_best(monitor: str) -> tuple[str, ...]:
    return (f"no best checkpoint is kept: {monitor} is not measured; set validation_split under [train]",)


def _batches(spec: Spec, samples: int, options: Options) -> int:
    """Batches of one epoch; raises TrainError when there is none."""
    size, keep = spec.train.batch_size, spec.train.last_batch == "keep"
    batches = -(-samples // size) if keep else samples // size
    if options.dry_run:
        batches = min(batches, spec.train.gradient_accumulation_steps)
    elif options.limit_batches is not None:
        batches = min(batches, options.limit_batches)
    if batches < 1:
        raise TrainError(
            f'[train]: {samples} samples make no batch of {size} with last_batch = "{spec.train.last_batch}"',
            "use a smaller batch_size",
        )
    return batches


def is_due(every: Every | None, *, step: int, epoch: int, epoch_ends: bool) -> bool:
    """Whether an interval ends with this step; `epoch` counts from 1."""
    if every is None:
        return False
    if every.steps is not None:
        return step % every.steps == 0
    return epoch_ends and epoch % (every.epochs or 1) == 0


def json_options(options: Options) -> dict[str, Any]:
    """What a resumed run repeats."""
    return {"limit_batches": options.limit_batches, "overfit_batches": options.overfit_batches}
