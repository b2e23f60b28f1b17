"""Batches that hold what the frozen prefix makes of the samples, where that is known, instead of the samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.batch import CutValues
from netspec.datasets.base import Array, Part
from netspec.datasets.batch import Batch
from netspec.datasets.loader import Loader
from netspec.training.feature_store import FeatureStore


@dataclass(frozen=True)
class Reads:
    """Names of what a network reads from a batch that has features."""

    cut: tuple[str, ...]
    """Values of the prefix."""
    main: str
    """The network's input that the batch's x is for."""
    compared: tuple[str, ...] = ()
    """Inputs that a loss compares outputs with."""

    @property
    def kept(self) -> tuple[str, ...]:
        """All that is kept of a sample."""
        return tuple(dict.fromkeys((*self.cut, *self.compared)))


@dataclass(frozen=True, eq=False)
class FeatureBatch(Batch):
    """A batch that the rest of the network reads. x: the main input where it is kept, else anything with the right rows."""

    features: Mapping[str, Array] = field(default_factory=dict)

    @property
    def feed(self) -> Any:
        """What the rest of the network reads."""
        return CutValues(self.features)


def with_features(batch: Batch, values: Mapping[str, Array], reads: Reads) -> FeatureBatch:
    """The batch with these kept values in place of its samples."""
    features = {name: values[name] for name in reads.cut}
    x = values.get(reads.main, features[reads.cut[0]])
    inputs = {name: array for name, array in batch.inputs.items() if name in reads.compared}
    return FeatureBatch(x, batch.y, batch.index, inputs, batch.targets, batch.soft, features)


class FeatureLoader(Loader):
    """A Loader whose batches are FeatureBatches as far as the store knows all their samples; it loads the others."""

    store: FeatureStore
    reads: Reads

    def batches(self) -> Iterator[Batch]:
        for i in range(self.start, self.start + len(self)):
            index = self.order[i * self.batch_size : (i + 1) * self.batch_size]
            yield self.known(index) if self.store.has(index) else self.samples(index)

    def known(self, index: NDArray[np.int64]) -> FeatureBatch:
        """Samples of which all is known."""
        values, part = self.store.take(index), self.part
        targets = {name: np.take(array, index, axis=0) for name, array in part.targets.items()}
        inputs = {name: values[name] for name in self.reads.compared if name != self.reads.main}
        empty = np.empty((len(index), 0), self.dtype)
        return with_features(Batch(empty, np.take(part.y, index, axis=0), index, inputs, targets), values, self.reads)

    def samples(self, index: NDArray[np.int64]) -> Batch:
        """Samples as the whole network reads them."""
        whole = self._normalized_part()
        batch = self._stored(self.part.x if whole is None else whole, index)
        return batch if whole is not None else replace(batch, x=self.normalization.apply(batch.x, self.dtype))


def feature_loader(store: FeatureStore, reads: Reads, part: Part, *arguments: Any, **more: Any) -> FeatureLoader:
    """A FeatureLoader; further arguments are those of Loader."""
    loader = FeatureLoader(part, *arguments, **more)
    loader.store, loader.reads = store, reads
    return loader
