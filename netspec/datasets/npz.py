"""NumPy arrays: one .npz file, or a pair of .npy files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from netspec.datasets.base import Array, DataError, Part, Source, as_floats, class_names, indexes, resolve
from netspec.datasets.scaling import StoredPictures

_SAMPLE_KEYS, _TARGET_KEYS = ("images", "x", "data"), ("labels", "y", "targets")
_PART_SPELLINGS = {"train": ("train",), "validation": ("validation", "valid", "val"), "test": ("test",)}


class Npz(StoredPictures):
    """Arrays in a .npz file under the keys images (or x) and labels (or y), or a pair of .npy files.

    Keys like x_train, y_train, x_test, y_test (or train_images, …) make the parts. Samples are pictures (N, H, W),
    (N, H, W, C) or, with layout = "nchw", (N, C, H, W), or vectors (N, F). Nothing is ever unpickled.
    """

    type: Literal["npz"] = "npz"

    file: str
    """The .npz file, or the .npy file of the samples; relative to the spec file."""

    labels_file: str | None = None
    """The .npy file of the targets, when `file` is a .npy file."""

    layout: Literal["nhwc", "nchw"] = "nhwc"
    """Order of the axes of pictures in the file."""

    task: Literal["classification", "regression"] = "classification"
    """Whether the targets are class numbers 0, 1, … or values to be predicted (N,) or (N, K)."""

    classes: list[str] | None = Field(default=None, min_length=1)
    """Names of the classes in label order; without this key "0", "1", …"""

    @model_validator(mode="after")
    def _classes_need_classification(self) -> Self:
        if self.classes is not None and self.task == "regression":
            raise ValueError('classes belong to task = "classification"; remove classes')
        return self

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        path = resolve(base_dir, self.file)
        arrays = self._arrays(base_dir, path)
        parts = {name: self._part(path, *pair) for name, pair in _find_pairs(arrays, path).items()}
        if "train" not in parts and "all" not in parts:
            raise DataError(f"{path}: has parts {', '.join(parts)} but none to train on", "add x_train and y_train")
        classes = None
        if self.task == "classification":
            classes = class_names(self.classes, [p.y for p in parts.values()], str(path), self._ignored)
        is_bytes = all(p.x.dtype == np.uint8 for p in parts.values())
        return Source(parts, classes, full_scale=255.0 if is_bytes else None)

    def shape_hint(self, shape: tuple[int, ...], input_shape: tuple[int, ...]) -> str:
        other = "nchw" if self.layout == "nhwc" else "nhwc"
        in_file = shape if self.layout == "nchw" else (*shape[1:], shape[0])
        swapped = in_file if other == "nchw" else (in_file[-1], *in_file[:-1])
        if len(shape) == 3 and swapped == input_shape:
            return f'the file\'s axes seem to be in the other order: set layout = "{other}" under [data]'
        return super().shape_hint(shape, input_shape)

    def _arrays(self, base_dir: Path, path: Path) -> Mapping[str, Array]:
        if path.suffix != ".npy":
            if self.labels_file is not None:
                raise DataError(
                    f"[data] labels_file: {self.labels_file} goes with a .npy file, but file is {self.file}",
                    "remove labels_file, or name two .npy files",
                )
            return _load_npz(path)
        if self.labels_file is None:
            raise DataError(f"[data] file: {path.name} holds one array", "name the targets' .npy file as labels_file")
        return {"x": _load_npy(path), "y": _load_npy(resolve(base_dir, self.labels_file))}

    def _part(self, path: Path, samples: tuple[str, Array], targets: tuple[str, Array]) -> Part:
        x = _storage(samples[1], self.layout, f"{path}: {samples[0]}")
        y = _targets(targets[1], self.task, f"{path}: {targets[0]}")
        if len(x) != len(y):
            raise DataError(
                f"{path}: {samples[0]} has {len(x)} samples, {targets[0]} has {len(y)} targets", "make them agree"
            )
        return Part(x, y, indexes(len(y)))


def _load_npz(path: Path) -> dict[str, Array]:
    loaded = _load(path)
    if isinstance(loaded, dict):
        return loaded
    raise DataError(f"{path}: is a single array, not a .npz file", "name it .npy and give labels_file")


def _load_npy(path: Path) -> Array:
    loaded = _load(path)
    if isinstance(loaded, dict):
        raise DataError(f"{path}: is a .npz file", "name it .npz")
    return loaded


def _load(path: Path) -> Array | dict[str, Array]:
    try:
        with path.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except Exception as error:  # a damaged file makes zip, zlib and NumPy raise nearly anything
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(f"[data] file: {path} does not exist", "correct file; it is relative to the spec file")
    return DataError(
        f"{path}: cannot be read as NumPy arrays ({error})", "save it again with numpy.savez_compressed (numbers only)"
    )


def _find_pairs(arrays: Mapping[str, Array], path: Path) -> dict[str, tuple[tuple[str, Array], tuple[str, Array]]]:
    """Part name → ((key, samples), (key, targets)). Raises DataError where one of a pair is missing."""
    wanted = {"all": ("",)} | _PART_SPELLINGS
    pairs = {}
    for part, spellings in wanted.items():
        x, y = _find(arrays, _SAMPLE_KEYS, spellings), _find(arrays, _TARGET_KEYS, spellings)
        if (x is None) != (y is None):
            raise DataError(
                f"{path}: has {x or y} but not its {'targets' if y is None else 'samples'}; it holds {_list(arrays)}",
                "store pairs such as images and labels, or x_train and y_train",
            )
        if x is not None and y is not None:
            pairs[part] = ((x, arrays[x]), (y, arrays[y]))
    if not pairs or ("all" in pairs and len(pairs) > 1):
        problem = "mixes whole and divided sets" if pairs else "has no arrays called images and labels (or x and y)"
        raise DataError(f"{path}: {problem}; it holds {_list(arrays)}", "rename the arrays")
    return pairs


def _find(arrays: Mapping[str, Array], keys: tuple[str, ...], spellings: tuple[str, ...]) -> str | None:
    for spelling in spellings:
        for key in keys:
            for name in (f"{key}_{spelling}", f"{spelling}_{key}") if spelling else (key,):
                if name in arrays:
                    return name
    return None


def _list(arrays: Mapping[str, Array]) -> str:
    return ", ".join(f"{name} {list(array.shape)}" for name, array in arrays.items()) or "nothing"


def _storage(x: Array, layout: str, where: str) -> Array:
    """Pictures as (N, H, W, C), vectors as (N, F), in uint8, float32 or float64, whichever keeps every value."""
    if x.ndim not in (2, 3, 4):
        raise DataError(f"{where}: has shape {list(x.shape)}", "store vectors (N, F) or pictures (N, H, W[, C])")
    if x.dtype.kind not in "buif":
        raise DataError(f"{where}: has type {x.dtype}", "store numbers: uint8 for pictures, float32 for features")
    if x.ndim == 3:
        x = x[..., None]
    elif x.ndim == 4 and layout == "nchw":
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    if x.dtype in (np.uint8, np.float32, np.float64):
        return x
    is_exact = x.dtype.itemsize <= 2 or (x.size > 0 and max(abs(float(x.min())), abs(float(x.max()))) <= 2**24)
    return x.astype(np.float32 if is_exact else np.float64)


def _targets(y: Array, task: str, where: str) -> Array:
    """Class labels (N,) int64, or dense targets (N, K) in float32 or float64, whichever keeps every value."""
    if y.dtype.kind not in "buif":
        raise DataError(f"{where}: has type {y.dtype}", "store class numbers, or float32 targets")
    if task == "regression":
        if y.ndim not in (1, 2):
            raise DataError(f"{where}: has shape {list(y.shape)}", "store targets as (N,) or (N, K)")
        return as_floats(y.reshape(len(y), -1))
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or not np.array_equal(y, np.trunc(y)):
        raise DataError(
            f"{where}: are not class numbers (shape {list(y.shape)}, type {y.dtype})",
            'store one whole number a sample, or set task = "regression" to predict values',
        )
    return y.astype(np.int64)
