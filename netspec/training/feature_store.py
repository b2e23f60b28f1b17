"""Where the values of the frozen prefix are kept, a row for each sample: in memory, or in files that are memory-mapped.

Files lie in a folder of the run while a process trains it; what killed processes left in runs beside it is removed by the
next run that keeps features on disk.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from netspec.training.run_folder import FEATURES, LOCK, RUNNING
from netspec.training.run_lock import is_held

Array = NDArray[Any]


ENDING = ".npy"


class FeatureStore:
    """Values of a part's samples by name, and of which samples they are known."""

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], rows: int, dtype: DTypeLike, file: Path | None = None
    ) -> None:
        """shapes: of one sample, as stored. file: where files go, "PLACE.npy" behind its name; None: in memory.

        Raises OSError where there is no room.
        """
        self.known = np.zeros(rows, bool)
        sizes = {name: (rows, *shape) for name, shape in shapes.items()}
        self.arrays: dict[str, Array] = {
            name: np.empty(shape, dtype) if file is None or not rows else
            _mapped(file.with_name(f"{file.name}{place}{ENDING}"), shape, dtype)
            for place, (name, shape) in enumerate(sizes.items())
        }  # fmt: skip

    def has(self, rows: NDArray[np.int64]) -> bool:
        """Whether the values of all these samples are known."""
        return bool(self.known[rows].all())

    def take(self, rows: NDArray[np.int64]) -> dict[str, Array]:
        """Copies of the values of samples that are known."""
        return {name: np.take(array, rows, axis=0) for name, array in self.arrays.items()}

    def put(self, rows: NDArray[np.int64], values: Mapping[str, Array]) -> None:
        """Keep the values of these samples."""
        for name, array in self.arrays.items():
            array[rows] = values[name]
        self.known[rows] = True


def _mapped(file: Path, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """A file as an array. Its room is taken at once: a disk that fills up later would end the process without a word."""
    file.parent.mkdir(parents=True, exist_ok=True)
    array = np.lib.format.open_memmap(file, mode="w+", dtype=np.dtype(dtype), shape=shape)
    if hasattr(os, "posix_fallocate"):
        with file.open("r+b") as stream:
            os.posix_fallocate(stream.fileno(), 0, file.stat().st_size)
    return np.asarray(array)


def folder_of(run: Path) -> Path:
    """Where a run keeps features on disk."""
    return run / FEATURES


def remove_features(run: Path) -> None:
    """Remove the files of a run; other files in their folder stay, and so does the folder then."""
    folder = folder_of(run)
    for file in folder.glob(f"*{ENDING}"):
        file.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def remove_stale(run: Path) -> list[Path]:
    """Remove what was left in runs beside this one that no process trains any more; returns these runs."""
    others = [folder.parent for folder in run.parent.glob(f"*/{FEATURES}") if folder.parent != run]
    dead = [other for other in others if (other / LOCK).is_file() and not is_held(other / RUNNING)]
    for other in dead:
        remove_features(other)
    return dead
