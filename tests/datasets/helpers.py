"""Paths of the shared real data, and makers of small files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.datasets.base import Dataset
from netspec.datasets.load import Data, load_data
from netspec.registry import plugins

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


def needs(name: str) -> pytest.MarkDecorator:
    """Skip a test where the shared folder `name` is missing."""
    return pytest.mark.skipif(not (SHARED / name).is_dir(), reason=f"the real data ../shared/data/{name} is not here")


def dataset(**keys: Any) -> Dataset:
    """The dataset a `[data]` table validates into."""
    found = plugins("netspec.datasets")[keys["type"]].model_validate(keys)
    assert isinstance(found, Dataset)
    return found


def load(
    base_dir: Path,
    *,
    seed: int = 0,
    validation_split: float = 0.0,
    input_shape: tuple[int, ...] | None = None,
    **keys: Any,
) -> Data:
    """load_data of the `[data]` table `keys`."""
    return load_data(
        dataset(**keys), base_dir=base_dir, seed=seed, validation_split=validation_split, input_shape=input_shape
    )


def idx_bytes(array: np.ndarray) -> bytes:
    """An idx file of unsigned bytes."""
    return struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def write_idx(root: Path, prefix: str, images: np.ndarray, labels: np.ndarray) -> None:
    """The pair of files of one part."""
    (root / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(images))
    (root / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
