"""What a metric is: a rule that counts over a whole epoch, and a value computed once from the counts.

The mean of batch values is not the value of the epoch (a batch may lack a class, the last batch is smaller), so a
metric never averages batches: a `Counter` adds batches up exactly, and `value` reads it. The result is therefore the
same for every way of cutting the epoch into batches.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.registry import Plugin

Array = NDArray[Any]
Direction = Literal["max", "min"]


class Counter(ABC):
    """Adds batches up. Counters with equal `key` count the same thing and may be shared by several metrics."""

    key: Hashable

    @abstractmethod
    def update(self, outputs: Array, targets: Array) -> None:
        """Counts one batch; keeps no reference to the arrays. Raises ValueError when the two do not fit together."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything counted so far, as JSON values."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Continues from what `state` gave."""


class Metric(Plugin):
    """Base of all metrics."""

    direction: ClassVar[Direction | None] = "max"
    """Which way is better, for best checkpoints and early stopping; None cannot be monitored."""
    is_share: ClassVar[bool] = False
    """Whether it is a part of a whole, from 0 to 1, that people read in percent."""
    task: ClassVar[Literal["classification", "regression", "detection"]] = "classification"

    def better_name(self) -> str:
        """Name in the history and in tables, with the parameters that tell two of a kind apart: "f1", "top_5"."""
        return self.type_name()

    @classmethod
    def reports(cls, name: str) -> bool:
        """Whether some instance is called `name` by `better_name`."""
        return name == cls.type_name()

    def counter(self, classes: int | None) -> Counter:
        """A new, empty counter. Regression has no classes and takes None or any number."""
        raise NotImplementedError

    def value(self, counter: Counter) -> float | Array:
        """The metric of everything counted. Raises ValueError when nothing was."""
        raise NotImplementedError

    def start(self, classes: int | None = None) -> Accumulator:
        """A new accumulator for one epoch. `classes` None is read off the first outputs; 1 (one logit) means 2."""
        return Accumulator(self, self.counter(classes))


@dataclass(frozen=True)
class Accumulator:
    """One metric being counted over one epoch."""

    metric: Metric
    counter: Counter

    def update(self, outputs: Array, targets: Array) -> None:
        """Counts one batch: logits (N, C, …) or (N,), class indices (N, …); for regression two arrays of one shape."""
        self.counter.update(np.asarray(outputs), np.asarray(targets))

    def compute(self) -> float | Array:
        """The metric of all batches so far."""
        return self.metric.value(self.counter)

    def state(self) -> dict[str, Any]:
        """The counts as JSON values."""
        return self.counter.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from what `state` gave."""
        self.counter.restore(state)
