"""Reading and writing weights: the file's ending chooses the format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from netspec.weights import npz_format, safetensors_format
from netspec.weights.base import Weights, WeightsError

FORMATS: dict[str, ModuleType] = {".safetensors": safetensors_format, ".npz": npz_format}


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
    path: str | Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors and metadata atomically; equal contents give equal bytes. Raises WeightsError."""
    path = Path(path).expanduser()
    _format(path).write(path, tensors, dict(metadata or {}))


def _format(path: Path) -> ModuleType:
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        kind = path.suffix or "no ending"
        raise WeightsError(path, f"{kind} is no format of weights that netspec reads", f"use {' or '.join(FORMATS)}")
    return found


def _existing(path: Path) -> Path:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise WeightsError(path, what, "give the path of a file of weights")
    return path
