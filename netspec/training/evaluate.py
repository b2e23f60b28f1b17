"""A part of the data through a lane with fixed weights: loss and metrics from whole counts; and predictions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from netspec.datasets.base import Part
from netspec.datasets.batch import Batch, Finish
from netspec.datasets.loader import Loader
from netspec.datasets.normalization import Normalization
from netspec.loss_value import LossValue
from netspec.losses.base import Loss, loss_names
from netspec.metrics.base import Metric
from netspec.metrics.confusion import Confusion
from netspec.metrics.report import Report
from netspec.training.contract import Lane
from netspec.training.detecting import Pictures, detecting_loss
from netspec.training.json_values import to_json_value
from netspec.training.targets import ignored_label, reads_classes, targets_for

Array = NDArray[Any]
Watch = Callable[[Array, Batch], None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """loss: Σ sum / Σ weight over all samples, None without a loss; confusion: rows are the true classes.

    Samples with the loss's ignore_index are among `samples`, but count neither for loss, metrics nor confusion.
    """

    loss: float | None
    metrics: dict[str, Any]
    samples: int
    confusion: list[list[int]] | None

    def to_json(self) -> dict[str, Any]:
        """As `netspec evaluate --format json` prints it."""
        return {
            "loss": to_json_value(self.loss),
            "metrics": to_json_value(self.metrics),
            "samples": self.samples,
            "confusion": self.confusion,
        }


def evaluate(
    lane: Lane,
    part: Part,
    normalization: Normalization,
    *,
    metrics: Sequence[Metric],
    batch_size: int,
    losses: Sequence[Loss],
    dtype: DTypeLike = np.float32,
    limit_batches: int | None = None,
    watch: Watch | None = None,
    finish: Finish | None = None,
    batches: Iterable[Batch] | None = None,
) -> Evaluation:
    """Inference over a part, or over its first `limit_batches` batches. The result does not depend on batch_size.

    Metrics are counted for the first of the losses. The confusion matrix is counted for classes, whether or not it is
    among the metrics. watch: is shown the outputs of every batch, which it must not change. finish: see `Data.finish`.
    batches: the same ones, from elsewhere. Changes nothing in the lane.
    """
    samples = samples_in(part, batch_size, limit_batches)
    loss = losses[0] if losses else None
    ignored = ignored_label(loss)
    detects = detecting_loss(losses)
    has_classes = detects is None and reads_classes(loss, part)
    report = Report(_with_confusion(metrics, has_classes), ignored=None if detects else ignored)
    pictures = Pictures(detects) if detects is not None else None
    total = LossValue.empty(len(losses))
    order = np.arange(samples, dtype=np.int64)
    for batch in batches or Loader(part, normalization, batch_size, order, dtype, finish=finish):
        value = lane.evaluate(batch.feed, targets_for(lane, batch, losses, dtype) if losses else None)
        if value is not None:
            total += value
        outputs = output_of(lane, loss)
        if pictures is None:
            report.update(outputs, measured_target(loss, batch))
        else:
            count(report, pictures.add(lane.all_outputs(), batch))
        if watch is not None:
            watch(outputs, batch)
    if pictures is not None:
        count(report, pictures.rest())
    if has_classes and _are_ignored(part, loss, samples):
        nothing = {m.better_name(): math.nan for m in metrics if m.direction}
        return Evaluation(total.mean, {**nothing, **loss_parts(losses, total)}, samples, None)
    values = report.compute()
    confusion = _matrix(values) if has_classes else None
    wanted = {metric.better_name() for metric in metrics}
    kept = {name: value for name, value in values.items() if name in wanted}
    return Evaluation(total.mean if losses else None, {**kept, **loss_parts(losses, total)}, samples, confusion)


def samples_in(part: Part, batch_size: int, limit_batches: int | None) -> int:
    """How many samples of a part are looked at."""
    return len(part) if limit_batches is None else min(len(part), limit_batches * batch_size)


def count(report: Report, found: Iterable[tuple[Array, Array]]) -> None:
    """Counts pairs of outputs and targets."""
    for outputs, targets in found:
        report.update(outputs, targets)


def predict(lane: Lane, x: Array, batch_size: int, loss: Loss | None = None) -> Array:
    """Outputs (N, …) of normalized samples in storage layout, (N, H, W, C) or (N, F).

    Of several outputs the one that `loss` reads, else the last.
    """
    parts = []
    for start in range(0, len(x), batch_size):
        lane.evaluate(np.ascontiguousarray(x[start : start + batch_size]))
        parts.append(np.array(output_of(lane, loss)))
    return np.concatenate(parts)


def probabilities(outputs: Array, loss: Loss | None) -> Array | None:
    """Class probabilities (N, C) in float64: softmax or sigmoid of the logits, as the loss says (`link`).

    One logit z gives the columns 1 − p and p. None for other losses: their outputs are no logits.
    """
    link = loss.link if loss is not None else None
    logits = np.asarray(outputs, np.float64)
    if link == "softmax":
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
    if link == "sigmoid":
        p = 0.5 * (1 + np.tanh(0.5 * logits))
        return np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else np.asarray(p)
    return None


def loss_parts(losses: Sequence[Loss], value: LossValue) -> dict[str, float]:
    """"NAME_loss" of each of several losses, with its factor; nothing for a single one."""
    return dict(zip(loss_names(losses)[1:], value.means, strict=False))


def measured_target(loss: Loss | None, batch: Batch) -> Array:
    """What metrics compare the main loss's output with."""
    if loss is None or loss.target is None:
        return batch.y
    if loss.target in batch.targets:
        return batch.targets[loss.target]
    x = batch.inputs.get(loss.target, batch.x)
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def output_of(lane: Lane, loss: Loss | None) -> Array:
    """The output of the last batch; of several the one that the loss reads (its `input`, else the last)."""
    outputs = lane.outputs
    if not isinstance(outputs, dict):
        return np.asarray(outputs)
    name = loss.input if loss is not None else None
    return np.asarray(outputs[name if name is not None else list(outputs)[-1]])


def _with_confusion(metrics: Sequence[Metric], has_classes: bool) -> list[Metric]:
    has_one = any(isinstance(metric, Confusion) for metric in metrics)
    return [*metrics, Confusion()] if has_classes and not has_one else list(metrics)


def _are_ignored(part: Part, loss: Loss | None, samples: int) -> bool:
    """Whether all labels of the first samples, as the main loss reads them, are its ignore_index."""
    labels = part.y if loss is None or loss.target is None else part.targets.get(loss.target)
    ignored = ignored_label(loss)
    return labels is not None and ignored is not None and bool((labels[:samples] == ignored).all())


def _matrix(values: dict[str, Any]) -> list[list[int]]:
    rows: list[list[int]] = values[Confusion.type_name()].tolist()
    return rows
