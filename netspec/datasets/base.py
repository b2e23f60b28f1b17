"""What every dataset kind shares: its spec keys, the arrays it returns, and its errors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from netspec.augment.base import Augmentation
from netspec.augment.checks import check_list
from netspec.datasets.batch import Batch, Key
from netspec.docstrings import Documented
from netspec.registry import Plugin, PluginField

Array = NDArray[Any]
PartName = Literal["train", "validation", "test"]
T = TypeVar("T")
_SHOWN = 5  # errors quoted in one message
IGNORED = "(ignored)"
"""Stands for a class in tables of samples."""
PART_NAMES: tuple[PartName, ...] = ("train", "validation", "test")


class DataError(Exception):
    """Something is wrong with the user's data; `message` says where and what, `hint` what to do.

    causes: the single errors that this one sums up.
    """

    def __init__(self, message: str, hint: str, causes: Sequence[DataError] = ()) -> None:
        super().__init__(f"{message}; {hint}")
        self.message = message
        self.hint = hint
        self.causes = tuple(causes)


@dataclass(frozen=True, eq=False)
class Part:
    """Samples and targets, row for row.

    x: pictures (N, H, W, C), vectors (N, F); uint8, float32 or float64, as stored, not normalized.
    y: class labels (N,) int64; a label for each pixel (N, H, W) of an integer type; dense targets (N, K) float32 or
    float64 (from Python also (N, C, H, W)); or boxes (N, M, 5) float32 [class, x1, y1, x2, y2] in pixels, class −1: none.
    names: (N,) what to call a sample: its file's path, or its index in the source.
    inputs, targets: (N, …) further inputs and targets of the network by name, as the kernels read them.
    stored: pictures (N, H', W', C) larger than the network's input, for augmentations that cut; `x` is their middle.
    """

    x: Array
    y: Array
    names: Array
    inputs: Mapping[str, Array] = field(default_factory=dict)
    targets: Mapping[str, Array] = field(default_factory=dict)
    stored: Array | None = None
    cache: dict[Any, Array] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        rows = {"x": len(self.x), "y": len(self.y), "names": len(self.names)}
        rows |= {name: len(array) for name, array in (*self.inputs.items(), *self.targets.items())}
        if len(set(rows.values())) > 1:
            raise ValueError(f"rows differ: {', '.join(f'{name} {count}' for name, count in rows.items())}")

    def __len__(self) -> int:
        return len(self.x)

    @property
    def has_images(self) -> bool:
        return self.x.ndim == 4

    @property
    def has_classes(self) -> bool:
        """Whether the targets are labels, one a sample or one a pixel."""
        return self.y.dtype.kind in "iu"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample as the spec writes it: (C, H, W) or (F,)."""
        if self.has_images:
            height, width, channels = self.x.shape[1:]
            return channels, height, width
        return self.x.shape[1:]

    def take(self, index: NDArray[np.int64]) -> Part:
        """The chosen rows, in that order; a copy."""
        stored = None if self.stored is None else self.stored[index]
        return Part(
            self.x[index] if stored is None else middle(stored, self.x.shape[1:3]), self.y[index], self.names[index],
            {name: array[index] for name, array in self.inputs.items()},
            {name: array[index] for name, array in self.targets.items()},
            stored,
        )  # fmt: skip

    def cut(self, size: tuple[int, int], *, keep: bool) -> Part:
        """The part with the middle of each picture, (height, width), as `x`; `keep` says whether the whole stays, too."""
        x = middle(self.x, size)
        return replace(self, x=x if keep else np.ascontiguousarray(x), stored=self.x if keep else None)


def middle(x: Array, size: tuple[int, ...]) -> Array:
    """The middle (height, width) of pictures (…, H, W, C); a view."""
    top, left = (x.shape[-3] - size[0]) // 2, (x.shape[-2] - size[1]) // 2
    return x[..., top : top + size[0], left : left + size[1], :]


@dataclass(frozen=True, eq=False)
class Source:
    """What a dataset kind has read, before it is split and normalized.

    parts: either {"all": …}, to be split, or the parts the set brings: "train", and perhaps "validation", "test".
    classes: names of the classes in label order; None for dense targets.
    full_scale: the value of a white pixel (255 for 8-bit pictures); None where the arrays have no such value.
    """

    parts: Mapping[str, Part]
    classes: tuple[str, ...] | None
    full_scale: float | None = 255.0
    notes: tuple[str, ...] = ()
    groups: Mapping[str, Array] = field(default_factory=dict)
    """By part (N,) what a sample was cut from: samples of one group never come into different parts."""


class _Table(Documented):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Split(_Table):
    """Fractions of a set that brings no parts of its own; they add up to 1."""

    train: float = Field(gt=0, le=1)
    """Fraction to learn from."""

    validation: float = Field(default=0.0, ge=0, lt=1)
    """Fraction to choose the best epoch by."""

    test: float = Field(default=0.0, ge=0, lt=1)
    """Fraction to report the final score on."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + validation + test = {total:g}; the three fractions must add up to 1")
        return self


class MeanStd(_Table):
    """Fixed statistics, for example those a pretrained network was trained with; in units of the stored values."""

    mean: list[float] = Field(min_length=1)
    """What is subtracted: one number for all, or one for each channel or feature."""

    std: list[Annotated[float, Field(gt=0)]] = Field(min_length=1)
    """What the result is divided by: one number for all, or one for each channel or feature."""


class Dataset(Plugin):
    """Base of the dataset kinds: the `[data]` section of a spec validates into one of them."""

    normalize: Literal["standard", "unit", "none"] | MeanStd = "standard"
    """"standard": subtract the mean and divide by the standard deviation of the training part, per channel of
    pictures and per feature of vectors; "unit": divide by the white value (255, or 16 for digits); "none"; or a table
    with mean and std in units of the stored values (pixels run from 0 to 255)."""

    split: Split | None = None
    """Fractions `train`, `validation`, `test` for a set without parts of its own. Without this key a fifth becomes
    the test part, and `validation_split` of the rest the validation part."""

    limit: int | None = Field(default=None, ge=1)
    """Use at most so many samples of each part, chosen at random (seeded) with the classes in proportion."""

    augment: tuple[Annotated[Augmentation, PluginField("netspec.augment", shorthand=True)], ...] = ()
    """How training samples are varied, one after the other: augment = ["flip", { type = "random_crop", padding = 4 }].
    Validation and test samples, and the statistics of normalization, never are."""

    is_whole: ClassVar[bool] = False
    """Whether a set of this kind never brings parts of its own, so that it is always split."""

    _ignored: int | None = PrivateAttr(default=None)

    @field_validator("augment", mode="after")
    @classmethod
    def _go_together(cls, augment: tuple[Augmentation, ...]) -> tuple[Augmentation, ...]:
        check_list(augment)
        return augment

    @property
    def cuts(self) -> bool:
        """Whether pictures may be larger than the network's input, because an augmentation cuts it out of them."""
        return any(item.cuts for item in self.augment)

    def ignoring(self, label: int | None) -> Self:
        """The same set with the loss's `ignore_index`: samples with this label have no class, but may be there."""
        made = self.model_copy()
        made._ignored = label
        return made

    @abstractmethod
    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        """Everything the set holds, with `root` and `file` looked up from `base_dir`, the spec file's folder.

        `input_shape`: the network's input ([C, H, W] or [F]) where it is known; kinds that resize follow it.
        Raises DataError.
        """

    def finish(self, batch: Batch, key: Key | None) -> Batch:
        """Stored samples of a batch, augmented where they are trained on, → what the network and its losses read.

        For kinds whose inputs or targets are made anew for every epoch, such as regions of interest around boxes. x is
        not normalized yet. key: seed and epoch of the training; None in evaluation. Each sample's result depends on its
        own stored values, its row and the key alone.
        """
        return batch

    def shape_hint(self, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> str:
        """What to do when samples of `shape` meet a network with another input."""
        return f"set shape = {list(shape)} under [input]"


def resolve(base_dir: Path, path: str) -> Path:
    """`path` of a spec, seen from the spec file's folder; `~` is the home folder."""
    return base_dir / Path(path).expanduser()


def attempt(read: Callable[[Path], T], path: Path) -> T | DataError:
    """The result of reading `path`, or its error, so that all bad files can be told at once."""
    try:
        return read(path)
    except DataError as error:
        return error
    except OSError as error:
        return unreadable(error)


def unreadable(error: OSError) -> DataError:
    """What the system says of a file of the data that it does not give: the data are wrong, not the run."""
    where = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error)
    return DataError(f"{where}{reason[:1].lower()}{reason[1:]}", "check that it is there, whole, and yours to read")


def read_all(read: Callable[[Path], T], paths: Iterable[Path]) -> list[T]:
    """Read every file. Raises one DataError that names all files that failed."""
    results = [attempt(read, path) for path in paths]
    raise_together([result for result in results if isinstance(result, DataError)], f"{len(results)} files")
    return [result for result in results if not isinstance(result, DataError)]


def raise_together(errors: list[DataError], total: str, hint: str | None = None) -> None:
    """Nothing for no errors; the error itself if it is one; otherwise one that quotes the first few."""
    if len(errors) == 1 and hint is None:
        raise errors[0]
    if errors:
        lines = "".join(f"\n  {error.message}" for error in errors[:_SHOWN])
        more = f"\n  and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        advice = hint if hint is not None else errors[0].hint
        raise DataError(f"[data]: {len(errors)} of {total} cannot be read:{lines}{more}", advice, errors)


def indexes(n: int) -> NDArray[np.int64]:
    """Names for samples that have none: 0 … n−1."""
    return np.arange(n, dtype=np.int64)


def as_floats(values: Array) -> Array:
    """Numbers as float32 where that keeps every one of them, else as float64, which the compute type then rounds."""
    wide = values if values.dtype == np.float32 else values.astype(np.float64)
    with np.errstate(over="ignore"):
        narrow = wide.astype(np.float32)
    return narrow if np.array_equal(narrow, wide, equal_nan=True) else wide


def class_names(
    given: list[str] | None, labels: list[Array], where: str, ignored: int | None = None
) -> tuple[str, ...]:
    """The `classes` key if given, otherwise "0" … "K−1" for the largest label found. Checks the labels' range.

    ignored: the loss's ignore_index. It makes no class, unless it is the number that follows the others: then it may be
    a class that the network tells apart and the loss leaves out, and only `classes` can say otherwise.
    Raises DataError naming the first label outside the classes.
    """
    wanted = [y if ignored is None else y[y != ignored] for y in labels]
    highest = max((int(y.max()) for y in wanted if len(y)), default=-1)
    lowest = min((int(y.min()) for y in wanted if len(y)), default=0)
    if given is None and ignored == highest + 1 and any(np.any(y == ignored) for y in labels):
        highest += 1
    count = len(given) if given is not None else highest + 1
    if lowest < 0 or highest >= count:
        wrong = lowest if lowest < 0 else highest
        at = next(int(np.argmax(y == wrong)) for y in labels if np.any(y == wrong))
        wanted_range = f"outside the {count} classes 0…{count - 1}" if count else "no class: classes are 0, 1, …"
        raise DataError(
            f"{where}: label {wrong} (first at sample {at}) is {wanted_range}",
            "number the classes from 0, correct `classes` under [data], or set ignore_index under [loss]",
        )
    return tuple(given) if given is not None else tuple(str(i) for i in range(count))


def holds_boxes(y: Array) -> bool:
    """Whether targets are boxes (N, M, 5)."""
    return y.ndim == 3 and y.shape[2] == 5 and y.dtype.kind == "f"


def label_counts(y: Array, classes: Sequence[str]) -> dict[str, int]:
    """Class → its samples, in label order; labels that are no class are the ignored ones, under IGNORED if there are any.

    Of boxes (N, M, 5) the objects are counted, those that are difficult or a crowd under IGNORED.
    """
    if holds_boxes(y):
        y = y[..., 0][y[..., 0] != -1].astype(np.int64)
    inside = (y >= 0) & (y < len(classes))
    counts = np.bincount(y[inside], minlength=len(classes)).tolist()
    ignored = {IGNORED: int((~inside).sum())} if not inside.all() else {}
    return dict(zip(classes, counts, strict=True)) | ignored
