"""The frozen-prefix cache: what the frozen first layers make of each sample is computed once and fed from then on.

An epoch's loss, outputs and updates are the same bits as without it (`plan/prefix.py`), and that is looked at while training:
before the first epoch that begins with known features, those of its first batch are computed directly and compared, and so
are the outputs that the network gives for both. Training from the features stops where they differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Array, Part
from netspec.datasets.batch import Batch
from netspec.training.contract import Lane
from netspec.training.events import Event, FeatureCache, FeatureProof, Warned
from netspec.training.feature_choice import Choice, choose
from netspec.training.feature_loader import FeatureBatch, FeatureLoader, Reads, feature_loader, with_features
from netspec.training.feature_store import FeatureStore, folder_of, remove_features, remove_stale

if TYPE_CHECKING:
    from netspec.training.training import Training


class Features:
    """What is kept in one stage: a store for the training part and one for the validation part."""

    def __init__(self, training: Training, choice: Choice, reads: Reads) -> None:
        """Raises OSError where the disk has no room after all."""
        self._training, self._reads, self._choice = training, reads, choice
        shapes = {name: _stored(training.program.start.shapes[name]) for name in reads.kept}
        parts = {"train": training.data.train, "validation": training.data.validation}
        self._stores = {
            id(part): FeatureStore(shapes, len(part), training.dtype, self._file(name))
            for name, part in parts.items() if part is not None
        }  # fmt: skip
        self.is_proven = False
        self.served = 0
        """Training samples of this epoch whose features were known before it."""

    def _file(self, part: str) -> Any:
        folder = self._training.folder
        return folder_of(folder.path) / f"{part}-" if self._choice.place == "disk" and folder is not None else None

    def loader(self, part: Part, order: NDArray[np.int64], **more: Any) -> FeatureLoader:
        """Batches of a part, with features as far as they are known."""
        training, settings = self._training, self._training.settings
        return feature_loader(
            self._stores[id(part)], self._reads, part, training.data.normalization, settings.batch_size, order,
            dtype=training.dtype, **more,
        )  # fmt: skip

    def fed(self, loader: FeatureLoader, *, counts: bool = False) -> Iterator[Batch]:
        """All batches of a loader with features; what is not known is computed on the way, and kept.

        counts: these are batches of the epoch that is trained.
        """
        for batch in loader:
            if isinstance(batch, FeatureBatch):
                self.served += counts * len(batch.x)
                yield batch
            else:
                yield self._computed(batch, loader.store, counts=counts)
        if loader.store.known.all():
            loader.part.cache.clear()  # the normalized samples: nobody reads them any more

    def _computed(self, batch: Batch, store: FeatureStore, *, counts: bool) -> FeatureBatch:
        started = time.perf_counter()
        values = self.direct(batch)
        store.put(batch.index, values)
        for run in self._training.active() if counts else ():
            run.running.seconds += time.perf_counter() - started  # it is a part of the step
        return with_features(batch, values, self._reads)

    def direct(self, batch: Batch) -> dict[str, Array]:
        """All that is kept of samples, computed from them."""
        compared = {self._reads.main: batch.x, **batch.inputs}
        found: Mapping[str, Array] = self._lane().cut_values(batch.feed)
        return {**{name: compared[name] for name in self._reads.compared}, **found}

    def _lane(self) -> Lane:
        """One that trains: those that have ended may hold weights of before these layers were frozen."""
        return (self._training.active() or self._training.lanes)[0].lane

    def knows(self, rows: NDArray[np.int64]) -> bool:
        """Whether the features of these training samples are known."""
        return self._stores[id(self._training.data.train)].has(rows)

    def differing(self, rows: NDArray[np.int64]) -> str:
        """What is not the same bits for these training samples, from features and directly; "" when all is."""
        loader, lane = self.loader(self._training.data.train, rows), self._lane()
        batch, known = loader.samples(rows), loader.store.take(rows)
        found = self.direct(batch)
        names = [name for name, array in known.items() if array.tobytes() != found[name].tobytes()]
        if names:
            return f"the values of {', '.join(names)}"
        lane.evaluate(with_features(batch, known, self._reads).feed)
        fed = dict(lane.all_outputs())
        lane.evaluate(batch.feed)
        outputs = [name for name, array in lane.all_outputs().items() if array.tobytes() != fed[name].tobytes()]
        return f"the outputs {', '.join(outputs)}" if outputs else ""

    def close(self) -> None:
        """Give back memory and disk."""
        self._stores = {}
        if self._training.folder is not None and self._choice.place == "disk":
            remove_features(self._training.folder.path)


def open_features(training: Training) -> Choice:
    """Choose for the layers that are frozen now, and begin with nothing known."""
    close_features(training)
    if training.folder is not None:
        remove_features(training.folder.path)  # of a process that was killed
    training.features_of = training.program.frozen
    choice = choose(training)
    if choice.reads is None:
        return choice
    if training.folder is not None and choice.place == "disk":
        remove_stale(training.folder.path)
    try:
        training.features = Features(training, choice, choice.reads)
    except OSError as problem:
        if training.folder is not None:
            remove_features(training.folder.path)
        return Choice("off", f"frozen-prefix cache: off, as the disk did not take it ({problem}); make room", is_refusal=True)
    return choice


def close_features(training: Training) -> None:
    """Forget all features, in memory and on disk."""
    if training.features is not None:
        training.features.close()
        training.features = None


def begin_features(training: Training) -> None:
    """Before the run's first event, in which notes and warnings stand; not where another stage begins with this epoch."""
    if training.stage_end() == training.position.epoch:
        return
    choice = open_features(training)
    if choice.message:
        told = training.warnings if choice.is_refusal else training.notes
        told.insert(0, choice.message)


def tend_features(training: Training) -> Iterator[Event]:
    """At an epoch's begin: a new prefix gets a new cache, what was chosen is told, and known features are proved once."""
    if training.features_of != training.program.frozen:
        choice = open_features(training)
        if choice.is_refusal:
            yield Warned(**_now(training), message=choice.message)
        elif choice.message:
            yield _told(training, choice)
    if training.features is not None:
        training.features.served = 0
        yield from _proved(training, training.features)


def _proved(training: Training, features: Features) -> Iterator[Event]:
    size, start = training.settings.batch_size, training.position.batch
    rows = training.order(training.position.epoch)[start * size : (start + 1) * size]
    if features.is_proven or not len(rows) or not features.knows(rows):
        return
    wrong = features.differing(rows)
    features.is_proven = True
    yield FeatureProof(**_now(training), identical=not wrong, samples=len(rows))
    if wrong:
        close_features(training)
        yield Warned(**_now(training), message=(
            f"frozen-prefix cache: {wrong} from kept features are not those computed directly, for the first {len(rows)} "
            f"samples of epoch {training.position.epoch + 1}; the training goes on without the cache, and what it has done so "
            "far is in doubt; please report this defect of netspec"
        ))  # fmt: skip


def batches_of_epoch(training: Training, features: Features, order: NDArray[np.int64], start: int) -> Iterator[Batch]:
    """The batches of a training epoch from number `start` on, with features."""
    loader = features.loader(training.data.train, order, last_batch=training.settings.last_batch, start=start)
    yield from features.fed(loader, counts=True)


def evaluation_batches(training: Training, part: Part, samples: int) -> Iterator[Batch] | None:
    """The first samples of a part with features; None where there are none."""
    if training.features is None:
        return None
    return training.features.fed(training.features.loader(part, np.arange(samples, dtype=np.int64)))


def whole_batches(training: Training, batches: list[Batch]) -> list[Batch]:
    """The same batches as the whole network reads them."""
    features = training.features
    if features is None:
        return batches
    loader = features.loader(training.data.train, np.arange(0))
    return [loader.samples(batch.index) if isinstance(batch, FeatureBatch) else batch for batch in batches]


def _told(training: Training, choice: Choice) -> FeatureCache:
    start = training.program.start
    return FeatureCache(
        **_now(training), message=choice.message, place=choice.place, bytes=choice.bytes,
        layers=len(start.prefix) if choice.reads else 0, cut=list(choice.reads.cut) if choice.reads else [],
    )  # fmt: skip


def _now(training: Training) -> dict[str, Any]:
    position = training.position
    return {"step": position.step, "epoch": position.epoch, "seconds": training.clock.read()}


def _stored(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape
