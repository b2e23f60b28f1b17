"""From what the caller gives as data to `Data`: the spec's section, arrays, or Data as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PrivateAttr

from netspec.datasets.augmenter import Augmenter
from netspec.datasets.base import Dataset, Part, Source, as_floats, class_names, indexes
from netspec.datasets.load import Data, fingerprint, load_data
from netspec.datasets.loader import epoch_order
from netspec.spec.model import Spec
from netspec.training.errors import TrainError, refuse
from netspec.training.targets import ignored_label

Array = NDArray[Any]
DataArgument = Data | tuple[Array, Array] | None


def data_for(spec: Spec, data: DataArgument) -> Data:
    """The data of a run. Arrays are used as they are (not normalized), x as (N, C, H, W) or (N, F).

    Raises SpecError when there is neither `data` nor [data], DataError and TrainError for data that do not fit.
    """
    if isinstance(data, Data):
        return data
    if data is None:
        if spec.data is None:
            raise refuse(spec, "NS502", ("data",), "there is no data to train on", "add [data] with a type")
        dataset = spec.data
    else:
        dataset = Arrays.of(*data)
    return load_data(
        dataset,
        base_dir=spec.base_dir,
        seed=spec.seed,
        validation_split=spec.train.validation_split,
        input_shape=spec.inputs[0].shape if len(spec.inputs) == 1 else None,
        ignored=ignored_label(spec.loss),
    )


def augmenter_for(spec: Spec, data: Data) -> Augmenter | None:
    """What varies the training samples of a run; None when nothing does. Raises DataError."""
    if not data.augment:
        return None
    classes = len(data.classes) if data.classes is not None else None
    return Augmenter(data.augment, data.train, data.normalization, spec.seed, classes, ignored_label(spec.loss))


class Arrays(Dataset):
    """Arrays that the caller already holds; only reachable from Python, so it has no `type`."""

    _x: Array = PrivateAttr()
    _y: Array = PrivateAttr()

    @classmethod
    def of(cls, x: Array, y: Array) -> Arrays:
        """x: (N, C, H, W) or (N, F); y: labels (N,) of any integer type, or dense targets."""
        x, y = np.asarray(x), np.asarray(y)
        if len(x) != len(y) or x.ndim not in (2, 4):
            raise TrainError(
                f"data: x has shape {list(x.shape)}, y {list(y.shape)}",
                "give x as (N, C, H, W) or (N, F), and one target for each sample",
            )
        made = cls(normalize="none")
        made._x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)) if x.ndim == 4 else x
        made._y = y.astype(np.int64) if y.ndim == 1 and y.dtype.kind in "iu" else _dense(y)
        return made

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        """One training part; `validation_split` takes the validation part from it."""
        classes = class_names(None, [self._y], "data", self._ignored) if self._y.ndim == 1 else None
        return Source({"train": Part(self._x, self._y, indexes(len(self._x)))}, classes, full_scale=None)


def _dense(y: Array) -> Array:
    """Targets of a regression as (N, K) in float32, or float64 where float32 would round them."""
    return as_floats(y.reshape(len(y), -1) if y.ndim <= 2 else y)


def overfit(data: Data, samples: int, seed: int) -> Data:
    """The same few training samples, drawn once, as training and as validation part: a network must learn them."""
    part = data.train.take(epoch_order(len(data.train), seed, 0, "once")[:samples])
    note = f"overfit: {len(part)} samples are trained on and validated with" + (", as they are" if data.augment else "")
    return replace(
        data, train=part, validation=part, test=None, fingerprint=fingerprint({"train": part}, data.classes),
        notes=(*data.notes, note), augment=(),
    )  # fmt: skip
