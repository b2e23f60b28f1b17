"""A batch on its way from the stored samples to the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

MAIN = ""
"""Stands for the name of the input, or of the target, that is not one of the named ones."""

Array = NDArray[Any]


class Key(NamedTuple):
    """What the random numbers of a training batch depend on, beside the samples' rows."""

    seed: int
    epoch: int
    """From 0."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples and targets, row for row.

    x: (N, H, W, C) or (N, F), contiguous, normalized at the end of the way; y: (N,) int64, or what else `Part.y` holds;
    index: (N,) rows of the part. inputs, targets: further ones by name, as the kernels read them. soft: (N, classes)
    probabilities where an augmentation mixes samples, else None; y is then the class of the larger share.
    """

    x: Array
    y: Array
    index: NDArray[np.int64]
    inputs: Mapping[str, Array] = field(default_factory=dict)
    targets: Mapping[str, Array] = field(default_factory=dict)
    soft: Array | None = None

    def rows(self, chosen: slice, dtype: DTypeLike) -> Batch:
        """Some of the rows; further inputs in the compute type."""
        return Batch(
            self.x[chosen], self.y[chosen], self.index[chosen],
            {name: array[chosen].astype(dtype) for name, array in self.inputs.items()},
            {name: array[chosen] for name, array in self.targets.items()},
            None if self.soft is None else self.soft[chosen],
        )  # fmt: skip

    @property
    def feed(self) -> Array | dict[str, Array]:
        """What the network reads: x, or a dict of all inputs, in which x has no name."""
        return {MAIN: self.x, **self.inputs} if self.inputs else self.x


Finish = Callable[[Batch, Key | None], Batch]
"""See `Dataset.finish`."""
