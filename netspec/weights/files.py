"""Reading and writing weights: the file's ending chooses the format.

A format is a module with `read(path) -> Weights`, `read_metadata(path)` and, when netspec writes it, too,
`write(path, tensors, metadata)`. It knows the file, not the network: what the tensors mean there is `netspec.transfer`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from netspec.weights import caffe_format, keras_format, npz_format, safetensors_format, torch_format
from netspec.weights.base import Weights, WeightsError

FORMATS: dict[str, ModuleType] = {
    ".safetensors": safetensors_format,
    ".npz": npz_format,
    ".pth": torch_format,
    ".pt": torch_format,
    ".th": torch_format,
    ".bin": torch_format,
    ".ckpt": torch_format,
    ".caffemodel": caffe_format,
    ".keras": keras_format,
    ".h5": keras_format,
}
"""Ending → module."""

KINDS = {"safetensors": ".safetensors", "npz": ".npz", "torch": ".pth"}
"""The formats that netspec writes, each with its usual ending."""


def read_weights(path: str | Path) -> Weights:
    """All tensors of a file, in its order, and its metadata. Never unpickles. Raises WeightsError."""
    path = Path(path).expanduser()
    weights: Weights = _format(path).read(_existing(path))
    return weights


def read_metadata(path: str | Path) -> dict[str, str]:
    """The metadata alone, without reading the tensors. Raises WeightsError."""
    path = Path(path).expanduser()
    metadata: dict[str, str] = _format(path).read_metadata(_existing(path))
    return metadata


def write_weights(
    path: str | Path,
    tensors: Mapping[str, NDArray[Any]],
    metadata: Mapping[str, str] | None = None,
    kind: str | None = None,
) -> None:
    """Write tensors and metadata atomically; equal contents give equal bytes. Raises WeightsError.

    kind: a key of KINDS, for files with another ending.
    """
    path = Path(path).expanduser()
    FORMATS[KINDS[kind or kind_of(path)]].write(path, tensors, dict(metadata or {}))


def kind_of(path: Path) -> str:
    """The key of KINDS that a file's ending means. Raises WeightsError when netspec writes no such files."""
    format = FORMATS.get(path.suffix.lower())
    kind = next((kind for kind, ending in KINDS.items() if FORMATS[ending] is format), None)
    if kind is None:
        hint = f"use {_list(list(KINDS.values()))}"
        raise WeightsError(path, f"{_kind(path)} is no format of weights that netspec writes", hint)
    return kind


def known_endings() -> str:
    """The endings of files that netspec reads, in words: ".safetensors, .npz or .pth"."""
    return _list(list(FORMATS))


def _format(path: Path) -> ModuleType:
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise WeightsError(path, f"{_kind(path)} is no format of weights that netspec reads", f"use {known_endings()}")
    return found


def _kind(path: Path) -> str:
    return path.suffix or "no ending"


def _list(endings: list[str]) -> str:
    return " or ".join(", ".join(endings).rsplit(", ", 1))


def _existing(path: Path) -> Path:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise WeightsError(path, what, "give the path of a file of weights")
    return path
