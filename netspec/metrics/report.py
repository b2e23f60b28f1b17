"""Several metrics over one epoch, each thing counted once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from netspec.metrics.base import Array, Counter, Metric
from netspec.metrics.scores import without_label


class Report:
    """Metrics that share counters: accuracy, precision, recall and F1 together look at each output once.

    ignored: a label (the loss's ignore_index) whose samples count for no metric.
    """

    def __init__(self, metrics: Sequence[Metric], classes: int | None = None, ignored: int | None = None) -> None:
        """Raises ValueError when two metrics have one name."""
        self._ignored = ignored
        self._metrics = {metric.better_name(): metric for metric in metrics}
        if len(self._metrics) < len(metrics):
            names = sorted(metric.better_name() for metric in metrics)
            twice = next(a for a, b in pairwise(names) if a == b)
            raise ValueError(f"metrics: {twice} is asked for twice; remove one")
        counters = {name: metric.counter(classes) for name, metric in self._metrics.items()}
        self._keys = {name: counter.key for name, counter in counters.items()}
        self._counters: dict[Hashable, Counter] = {counter.key: counter for counter in counters.values()}

    def update(self, outputs: Array, targets: Array) -> None:
        """Counts one batch for all metrics."""
        outputs, targets = np.asarray(outputs), np.asarray(targets)
        if self._ignored is not None:
            outputs, targets = without_label(outputs, targets, self._ignored)
        for counter in self._counters.values():
            counter.update(outputs, targets)

    def compute(self) -> dict[str, float | Array]:
        """Value by name, in the order in which the metrics were given."""
        return {name: metric.value(self._counters[self._keys[name]]) for name, metric in self._metrics.items()}

    def state(self) -> list[dict[str, Any]]:
        """All counts as JSON values."""
        return [counter.state() for counter in self._counters.values()]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Continues from what `state` of a report of the same metrics gave."""
        for counter, part in zip(self._counters.values(), state, strict=True):
            counter.restore(part)
