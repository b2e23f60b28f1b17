"""CIFAR-10 in its binary version."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from netspec.datasets.base import Array, DataError, Part, Source, class_names, read_all, resolve
from netspec.datasets.scaling import StoredPictures

_RECORD = 1 + 3 * 32 * 32  # one label byte, then 1,024 red, green and blue bytes
_CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


class CifarBinary(StoredPictures):
    """CIFAR-10, binary version: data_batch_1.bin … data_batch_5.bin, and test_batch.bin as the test part.

    Samples are [3, 32, 32], 8 bits a value. Format: Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html
    """

    type: Literal["cifar_binary"] = "cifar_binary"

    root: str
    """Folder of the .bin files, relative to the spec file."""

    def read(self, base_dir: Path, input_shape: tuple[int, ...] | None) -> Source:
        root = resolve(base_dir, self.root)
        train = sorted(root.glob("data_batch_*.bin"))
        if not train:
            raise DataError(
                f"[data] root: no data_batch_1.bin … data_batch_5.bin in {root}",
                "correct root; the binary version of CIFAR-10 is needed, not the Python one",
            )
        parts, notes = {"train": read_batches(train)}, []
        if len(train) != 5:
            notes.append(f"{len(train)} of the 5 training batches are there: {', '.join(p.name for p in train)}")
        if (root / "test_batch.bin").is_file():
            parts["test"] = read_batches([root / "test_batch.bin"])
        else:
            notes.append("no test_batch.bin: there is no test part")
        classes = class_names(_read_names(root), [part.y for part in parts.values()], str(root), self._ignored)
        return Source(parts, classes, notes=tuple(notes))


def read_batches(paths: list[Path]) -> Part:
    """The records of the files one after the other; names are "file:record"."""
    records = read_all(_read_records, paths)
    names = [f"{path.name}:{i}" for path, rows in zip(paths, records, strict=True) for i in range(len(rows))]
    table = np.concatenate(records)
    x = np.ascontiguousarray(table[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return Part(x, table[:, 0].astype(np.int64), np.array(names))


def _read_records(path: Path) -> Array:
    content = np.fromfile(path, np.uint8)
    if len(content) == 0 or len(content) % _RECORD:
        raise DataError(
            f"{path}: has {len(content)} bytes, which is not a whole number of CIFAR-10 records of {_RECORD}",
            "the file is cut off or of another kind; fetch it again",
        )
    return content.reshape(-1, _RECORD)


def _read_names(root: Path) -> list[str]:
    """The class names of batches.meta.txt if it is there, otherwise those of CIFAR-10."""
    path = root / "batches.meta.txt"
    if not path.is_file():
        return _CLASSES
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
