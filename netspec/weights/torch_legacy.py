"""PyTorch's files before 1.6: pickles one behind the other, then the storages.

Magic number, version, machine ({"little_endian": …}), what was saved, the list of storages' keys; then for each of these the
number of its elements (8 bytes) and its bytes.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np

from netspec.weights.pickle_machine import PickleMachine, RefusedPickleError
from netspec.weights.torch_names import KNOWN, storage_of
from netspec.weights.torch_tensors import DTYPES, Storage, Storages

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


class LegacyFile:
    """A file of the old form, whole in memory after `value`. Raises RefusedPickleError and OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[str, Storage] = {}
        self._order = "<"
        self._data: dict[str, bytes] = {}

    def value(self) -> Any:
        """What was saved, with `Stored` for tensors."""
        with self._path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            self._check_head(data)
            value = PickleMachine(KNOWN, self._storage).run(data)
            self._read_storages(data)
        return value

    def storages(self) -> Storages:
        """Reads the numbers of tensors."""
        return Storages(self._bytes, self._order)

    def _check_head(self, data: mmap.mmap) -> None:
        if self._plain(data) != MAGIC:
            raise RefusedPickleError("a pickle, but not one of PyTorch's files")
        version = self._plain(data)
        if version != VERSION:
            raise RefusedPickleError("a version of PyTorch's old form that netspec does not know")
        machine = self._plain(data)
        if not isinstance(machine, dict) or not isinstance(machine.get("little_endian"), bool):
            raise RefusedPickleError("it does not say the order of its bytes")
        self._order = "<" if machine["little_endian"] else ">"

    def _plain(self, data: mmap.mmap) -> Any:
        return PickleMachine({}, self._storage).run(data)

    def _storage(self, identity: Any) -> Storage:
        storage = storage_of(identity)
        seen = self._seen.setdefault(storage.key, storage)
        if seen.dtype != storage.dtype:
            raise RefusedPickleError(f"storage {storage.key[:40]!r} has two types of numbers")
        return storage

    def _read_storages(self, data: mmap.mmap) -> None:
        keys = self._plain(data)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise RefusedPickleError("its list of storages is damaged")
        for key in keys:
            if key not in self._seen:
                raise RefusedPickleError(f"storage {key[:40]!r} belongs to no tensor")
            count = int.from_bytes(data.read(8), "little" if self._order == "<" else "big")
            size = count * _item_size(self._seen[key].dtype)
            if size > data.size() - data.tell():
                raise RefusedPickleError(f"storage {key[:40]!r} ends after the end of the file")
            self._data[key] = data.read(size)

    def _bytes(self, key: str) -> bytes:
        if key not in self._data:
            raise RefusedPickleError(f"storage {key[:40]!r} is missing")
        return self._data[key]


def _item_size(dtype: str | None) -> int:
    if dtype is None:
        return 1
    if dtype in DTYPES:
        return np.dtype(DTYPES[dtype]).itemsize
    return {"complex64": 8, "complex128": 16, "qint8": 1, "quint8": 1, "qint32": 4}[dtype]
