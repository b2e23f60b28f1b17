"""From a `[data]` section to arrays ready for training: read → split → fit to the network's input → normalize."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.augment.base import Augmentation
from netspec.datasets.arrange import cut_to_input, flatten_to_input, fold_to_input
from netspec.datasets.base import (
    PART_NAMES,
    DataError,
    Dataset,
    Part,
    PartName,
    Source,
    holds_boxes,
    label_counts,
    unreadable,
)  # fmt: skip
from netspec.datasets.batch import Finish
from netspec.datasets.normalization import Normalization, fit_normalization
from netspec.datasets.scaling import StoredPictures
from netspec.datasets.splitting import Index, limit_part, split_groups, split_indexes

DEFAULT_TEST = 0.2
"""Fraction of a set without parts of its own that is kept for testing, unless `split` says otherwise."""

Parts = dict[PartName, Part]
Names = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Data:
    """A data set ready for training. The arrays are not normalized yet: the Loader and predict do that.

    classes: names in label order, None for dense targets. fingerprint: SHA-256 of contents, targets and order.
    notes: what was decided on the way, one sentence each, for the user to read.
    augment: how the trainer varies the samples of the training part.
    """

    train: Part
    validation: Part | None
    test: Part | None
    classes: tuple[str, ...] | None
    normalization: Normalization
    fingerprint: str
    notes: tuple[str, ...]
    finish: Finish | None = None
    """What makes of stored samples what the network reads; None where they are that."""
    augment: tuple[Augmentation, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample as the spec writes it: (C, H, W) or (F,)."""
        return self.train.shape

    def parts(self) -> dict[PartName, Part]:
        """The parts that exist, in the order train, validation, test."""
        found = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name in PART_NAMES if (part := found[name]) is not None}

    @property
    def counted(self) -> str:
        """What the numbers of `table` count."""
        if holds_boxes(self.train.y):
            return "boxes"
        return "pixels" if self.train.has_classes and self.train.y.ndim > 1 else "samples"

    def table(self) -> list[dict[str, str | int]]:
        """Samples of each class in each part (or pixels, or boxes): rows {"class", "train", "validation", "test"}.

        Dense targets: one row.
        """
        parts = self.parts()
        if self.classes is None:
            return [{"class": "all", **{name: len(parts[name]) if name in parts else 0 for name in PART_NAMES}}]
        counts = {name: label_counts(part.y, self.classes) for name, part in parts.items()}
        labels = dict.fromkeys([*self.classes, *(label for found in counts.values() for label in found)])
        return [
            {"class": label, **{name: counts.get(name, {}).get(label, 0) for name in PART_NAMES}} for label in labels
        ]


def load_data(
    dataset: Dataset,
    *,
    base_dir: Path,
    seed: int,
    validation_split: float,
    input_shape: tuple[int, ...] | None,
    ignored: int | None = None,
) -> Data:
    """Read `dataset`, relative to `base_dir`, and make its parts, all decided by `seed`.

    validation_split: fraction of the training part that becomes the validation part, in a set that has none.
    input_shape: the network's input [C, H, W] or [F]; None skips the comparison. Pictures become vectors, and vectors
    pictures, when the number of values agrees. ignored: label of samples without a class, the loss's ignore_index.
    Raises DataError.
    """
    if not 0 <= validation_split < 1:
        raise DataError(f"[train] validation_split: {validation_split} is no fraction", "use 0 ≤ validation_split < 1")
    try:
        source = dataset.ignoring(ignored).read(base_dir, input_shape)
    except OSError as error:
        raise unreadable(error) from error
    check_source(source)
    parts, notes = _make_parts(dataset, source, seed, validation_split)
    parts = {name: limit_part(part, dataset.limit, seed, name) for name, part in parts.items()}
    parts, scale_notes = _scale(dataset, parts, input_shape)
    parts, cut_notes = cut_to_input(parts, input_shape, dataset)
    parts, fold_notes = fold_to_input(parts, input_shape, dataset)
    normalization, fit_notes = fit_normalization(dataset.normalize, parts["train"], source.full_scale)
    parts, normalization, flat_notes = flatten_to_input(parts, normalization, input_shape)
    absent = _absent_classes(parts, source.classes)
    return Data(
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts.get("test"),
        classes=source.classes,
        normalization=normalization,
        fingerprint=fingerprint(parts, source.classes),
        finish=dataset.finish if type(dataset).finish is not Dataset.finish else None,
        notes=(*source.notes, *notes, *scale_notes, *cut_notes, *fold_notes, *flat_notes, *fit_notes, *absent),
        augment=dataset.augment,
    )


def _scale(dataset: Dataset, parts: Parts, input_shape: tuple[int, ...] | None) -> tuple[Parts, tuple[str, ...]]:
    """Pictures in the size of the network's input, where the section asks for that: those that are used, not all read."""
    if not isinstance(dataset, StoredPictures):
        return parts, ()
    return dataset.scaled(parts, input_shape)


def fingerprint(parts: Parts, classes: tuple[str, ...] | None) -> str:
    """SHA-256 over the class names and, part by part, shape, type, values and targets in their order."""
    digest = hashlib.sha256(repr(classes).encode())
    for name in PART_NAMES:
        if name in parts:
            part = parts[name]
            x = part.x if part.stored is None else part.stored
            for array in (x, part.y, *part.inputs.values(), *part.targets.values()):
                digest.update(f"{name} {array.shape} {array.dtype.str}".encode())
                digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def check_source(source: Source) -> None:
    """Raise DataError for an empty part and for NaN or infinity, which would poison every weight."""
    if not {"all", "train"} & source.parts.keys():
        raise DataError("[data]: no sample to train on can be read", "see `netspec data check` for the reasons")
    for name, part in source.parts.items():
        where = "" if name == "all" else f" of the {name} part"
        if len(part) == 0:
            raise DataError(f"[data]: there are no samples{where}", "check root or file under [data]")
        for which, array in (("value", part.x), ("target", part.y)):
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                raise DataError(
                    f"[data]: sample {part.names[row]}{where} has a {which} that is NaN or infinite",
                    "remove or repair it; `netspec data check` lists all of them",
                )


def _make_parts(dataset: Dataset, source: Source, seed: int, validation_split: float) -> tuple[Parts, tuple[str, ...]]:
    if "all" in source.parts:
        return _split_all(dataset, source.parts["all"], source.groups.get("all"), seed, validation_split)
    if dataset.split is not None:
        raise DataError(
            f"[data] split: this set brings its own parts ({', '.join(source.parts)})",
            "remove split, and use validation_split under [train] to take a validation part off the training part",
        )
    parts: Parts = {name: source.parts[name] for name in PART_NAMES if name in source.parts}
    if "validation" in parts:
        note = f"validation_split {validation_split:g} is not used: the set brings its own validation part"
        return parts, ((note,) if validation_split > 0 else ())
    if validation_split == 0:
        return parts, ()
    groups = source.groups.get("train")
    train, validation = _split(parts["train"], groups, (1 - validation_split, validation_split), seed)
    _refuse_empty(len(validation), "validation_split under [train]", validation_split, len(parts["train"]))
    together = "classes in proportion" if groups is None else _held_out(groups, {"validation": validation})
    return {**parts, "train": parts["train"].take(train), "validation": parts["train"].take(validation)}, (
        f"split: {validation_split:g} of the training part taken for validation, {together}, seed {seed}",
    )


def _split(part: Part, groups: Names | None, fractions: tuple[float, ...], seed: int) -> list[Index]:
    return split_indexes(part.y, fractions, seed) if groups is None else split_groups(groups, fractions, seed)


def _held_out(groups: Names, parts: Mapping[PartName, Index]) -> str:
    """Which pictures were kept from training: their samples stay together."""
    chosen = {name: [str(group) for group in np.unique(groups[index])] for name, index in parts.items() if len(index)}
    lists = (f"{name} {_shorten(names)}" for name, names in chosen.items())
    return f"all samples of a picture in one part ({'; '.join(lists)})"


def _shorten(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _split_all(
    dataset: Dataset, part: Part, groups: Names | None, seed: int, validation_split: float
) -> tuple[Parts, tuple[str, ...]]:
    notes: list[str] = []
    if dataset.split is not None:
        fractions = (dataset.split.train, dataset.split.validation, dataset.split.test)
        if validation_split > 0:
            notes.append(f"validation_split {validation_split:g} is not used: split under [data] gives the fractions")
    else:
        kept = 1 - DEFAULT_TEST
        fractions = (kept * (1 - validation_split), kept * validation_split, DEFAULT_TEST)
    indexes = _split(part, groups, fractions, seed)
    for name, fraction, index in zip(PART_NAMES, fractions, indexes, strict=True):
        _refuse_empty(len(index), f"the {name} part", fraction, len(part))
    shares = ", ".join(f"{n} {f:.4g}" for n, f in zip(PART_NAMES, fractions, strict=True) if f > 0)
    kept_out: dict[PartName, Index] = dict(zip(PART_NAMES[1:], indexes[1:], strict=True))
    together = "classes in proportion" if groups is None else _held_out(groups, kept_out)
    notes.append(f"split: {shares} of {len(part)} samples, {together}, seed {seed}")
    return {n: part.take(i) for n, i in zip(PART_NAMES, indexes, strict=True) if len(i)}, tuple(notes)


def _refuse_empty(size: int, what: str, fraction: float, n: int) -> None:
    if size == 0 and fraction > 0:
        raise DataError(
            f"[data]: {what} is to be {fraction:g} of {n} samples, which gives none",
            "make the fraction larger, or 0 to go without this part, or add samples",
        )


def _absent_classes(parts: Parts, classes: tuple[str, ...] | None) -> tuple[str, ...]:
    if classes is None:
        return ()
    notes = []
    for name, part in parts.items():
        absent = [label for label, count in label_counts(part.y, classes).items() if count == 0]
        if absent:
            notes.append(f"classes with no sample in the {name} part: {_shorten(absent)}")
    return tuple(notes)
