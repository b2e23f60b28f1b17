"""A part of the data through a lane with fixed weights: loss and metrics from whole counts; and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from netspec.datasets.base import Part
from netspec.datasets.loader import Batch, Loader
from netspec.datasets.normalization import Normalization
from netspec.losses.base import Loss
from netspec.memory import to_stored
from netspec.metrics.base import Metric
from netspec.metrics.confusion import Confusion
from netspec.metrics.report import Report
from netspec.training.contract import Lane
from netspec.training.json_values import to_json_value
from netspec.training.targets import ignored_label

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
    loss: Loss | None,
    dtype: DTypeLike = np.float32,
    limit_batches: int | None = None,
    watch: Watch | None = None,
) -> Evaluation:
    """Inference over a part, or over its first `limit_batches` batches. The result does not depend on batch_size.

    watch: is shown the outputs of every batch, which it must not change.
    The confusion matrix is counted for classes, whether or not it is among the metrics. Changes nothing in the lane.
    """
    samples = len(part) if limit_batches is None else min(len(part), limit_batches * batch_size)
    ignored = ignored_label(loss)
    report = Report(_with_confusion(metrics, part), ignored=ignored)
    total = weight = 0.0
    for batch in Loader(part, normalization, batch_size, np.arange(samples, dtype=np.int64), dtype):
        value = lane.evaluate(batch.x, None if loss is None else targets_for(batch, loss, dtype))
        if value is not None:
            total, weight = total + value.sum, weight + value.weight
        outputs = output_of(lane, loss)
        report.update(outputs, batch.y)
        if watch is not None:
            watch(outputs, batch)
    if part.has_classes and ignored is not None and (part.y[:samples] == ignored).all():
        return Evaluation(mean(0, 0), {m.better_name(): mean(0, 0) for m in metrics if m.direction}, samples, None)
    values = report.compute()
    confusion = _matrix(values) if part.has_classes else None
    wanted = {metric.better_name() for metric in metrics}
    kept = {name: value for name, value in values.items() if name in wanted}
    return Evaluation(mean(total, weight) if loss is not None else None, kept, samples, confusion)


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


def targets_for(batch: Batch, loss: Loss, dtype: DTypeLike) -> Array:
    """What the loss reads: labels as they are, or dense targets in the compute dtype (labels 0 and 1 as numbers).

    Dense targets of pictures come as (n, C, H, W) and go, like all that kernels read, as (n, H, W, C).
    """
    return batch.y if loss.target_kind == "class" else to_stored(batch.y, np.dtype(dtype))


def output_of(lane: Lane, loss: Loss | None) -> Array:
    """The output of the last batch; of several the one that the loss reads (its `input`, else the last)."""
    outputs = lane.outputs
    if not isinstance(outputs, dict):
        return np.asarray(outputs)
    name = loss.input if loss is not None else None
    return np.asarray(outputs[name if name is not None else list(outputs)[-1]])


def mean(total: float, weight: float) -> float:
    """Σ sum / Σ weight, NaN when nothing was weighed."""
    return total / weight if weight else float("nan")


def _with_confusion(metrics: Sequence[Metric], part: Part) -> list[Metric]:
    has_one = any(isinstance(metric, Confusion) for metric in metrics)
    return [*metrics, Confusion()] if part.has_classes and not has_one else list(metrics)


def _matrix(values: dict[str, Any]) -> list[list[int]]:
    rows: list[list[int]] = values[Confusion.type_name()].tolist()
    return rows
