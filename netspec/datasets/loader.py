"""Batches prepared ahead of the compute by one background thread.

It runs NumPy and, for augmentation, serial kernels; those that need several threads stay with the trainer.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from netspec.datasets.augmenter import Augmenter
from netspec.datasets.base import Array, Part
from netspec.datasets.batch import Batch, Finish, Key
from netspec.datasets.normalization import Normalization
from netspec.random import permutation

_WHOLE_PART_BYTES = 1 << 30  # normalize a part once and keep it, if it takes less than this
_GROUP_BYTES = 2 << 20  # batches handed over together: switching threads costs more than copying a small batch
_AHEAD = 2  # groups waiting, besides the one in work

Shuffle = Literal["every_epoch", "once", "never"]


@dataclass(frozen=True)
class _Failure:
    error: BaseException


def epoch_order(n: int, seed: int, epoch: int, shuffle: Shuffle) -> NDArray[np.int64]:
    """The order in which epoch `epoch` (from 0) visits n samples: a pure function, so a resumed run repeats it.

    "every_epoch": a new order each time; "once": the same random order each time; "never": 0 … n−1.
    """
    if shuffle == "never":
        return np.arange(n, dtype=np.int64)
    if shuffle == "once":
        return permutation(n, seed, "shuffle")
    return permutation(n, seed, "shuffle", epoch)


class Loader:
    """The batches of one epoch: `for batch in loader`. Iterating again gives the same batches again.

    order: rows of the part in the order of visit. last_batch: "drop" leaves out a last batch that is not full.
    start: number of batches to skip, for a run resumed inside an epoch. augmenter: varies the samples; finish: makes of
    them what the network reads; key: of the training epoch, None in evaluation. An exception while preparing a batch is
    raised by the iteration in its place. When the consumer stops early the thread ends with the iterator.
    """

    def __init__(
        self,
        part: Part,
        normalization: Normalization,
        batch_size: int,
        order: NDArray[np.int64],
        dtype: DTypeLike = np.float32,
        last_batch: Literal["keep", "drop"] = "keep",
        start: int = 0,
        finish: Finish | None = None,
        key: Key | None = None,
        augmenter: Augmenter | None = None,
    ) -> None:
        if batch_size < 1 or start < 0:
            raise ValueError(f"batch_size {batch_size} must be at least 1, start {start} at least 0")
        self.part, self.normalization, self.batch_size = part, normalization, batch_size
        self.dtype, self.start = np.dtype(dtype), start
        self.finish, self.key, self.augmenter = finish, key, augmenter
        self.order = order if last_batch == "keep" else order[: len(order) // batch_size * batch_size]

    def __len__(self) -> int:
        """Number of batches still to come from `start`."""
        return max(0, -(-len(self.order) // self.batch_size) - self.start)

    def __iter__(self) -> Iterator[Batch]:
        ready: queue.Queue[list[Batch] | _Failure | None] = queue.Queue(maxsize=_AHEAD)
        stop = threading.Event()
        thread = threading.Thread(target=self._prepare, args=(ready, stop), name="netspec-loader", daemon=True)
        thread.start()
        try:
            while (item := ready.get()) is not None:
                if isinstance(item, _Failure):
                    raise item.error
                yield from item
        finally:
            stop.set()
            _drain(ready)  # a thread that waits for room goes on, sees `stop`, and ends
            thread.join()

    def batches(self) -> Iterator[Batch]:
        """The same batches, prepared in the calling thread."""
        if self.augmenter is not None:
            yield from self._augmented(self.augmenter)
            return
        whole = self._normalized_part() if self.finish is None else None
        for i in range(self.start, self.start + len(self)):
            index = self.order[i * self.batch_size : (i + 1) * self.batch_size]
            batch = self._stored(self.part.x if whole is None else whole, index)
            if self.finish is not None:
                batch = self.finish(batch, self.key)
            yield batch if whole is not None else replace(batch, x=self.normalization.apply(batch.x, self.dtype))

    def _stored(self, x: Array, index: NDArray[np.int64]) -> Batch:
        """Rows of the part, with this x."""
        part = self.part
        inputs = {name: np.take(array, index, axis=0).astype(self.dtype) for name, array in part.inputs.items()}
        targets = {name: np.take(array, index, axis=0) for name, array in part.targets.items()}
        return Batch(np.take(x, index, axis=0), np.take(part.y, index, axis=0), index, inputs, targets)

    def _augmented(self, augmenter: Augmenter) -> Iterator[Batch]:
        """Some batches are made at once: a sample does not depend on its batch, and small ones would be all overhead."""
        key = self.key or Key(augmenter.seed, 0)
        bytes_each = self.batch_size * self.part.x[0].size * self.dtype.itemsize
        rows = self.batch_size * max(1, _GROUP_BYTES // bytes_each)
        normalize = self.normalization.for_batches(self.part.x.dtype, self.dtype)
        for first in range(self.start * self.batch_size, len(self.order), rows):
            group = augmenter.batch(self.order[first : first + rows], key.epoch)
            if self.finish is None:
                group = replace(group, x=normalize(group.x))
            for start in range(0, len(group.x), self.batch_size):
                batch = group.rows(slice(start, start + self.batch_size), self.dtype)
                if self.finish is not None:
                    batch = self.finish(batch, key)
                    batch = replace(batch, x=self.normalization.apply(batch.x, self.dtype))
                yield batch

    def _prepare(self, ready: queue.Queue[list[Batch] | _Failure | None], stop: threading.Event) -> None:
        group: list[Batch] = []
        size = 0
        try:
            for batch in self.batches():
                group.append(batch)
                size += batch.x.nbytes
                if size >= _GROUP_BYTES:
                    ready.put(group)
                    group, size = [], 0
                if stop.is_set():
                    return
            ready.put(group)
            ready.put(None)
        except BaseException as error:  # the consumer raises it
            ready.put(_Failure(error))

    def _normalized_part(self) -> Array | None:
        """The whole part normalized, kept with the part for the next epoch; None when it would be too large."""
        if self.part.x.size * self.dtype.itemsize >= _WHOLE_PART_BYTES:
            return None
        key = (self.normalization.to_json(), self.dtype.str)
        if key not in self.part.cache:
            self.part.cache.clear()
            self.part.cache[key] = self.normalization.apply(self.part.x, self.dtype)
        return self.part.cache[key]


def _drain(ready: queue.Queue[list[Batch] | _Failure | None]) -> None:
    while True:
        try:
            ready.get_nowait()
        except queue.Empty:
            return
