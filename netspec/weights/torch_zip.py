"""PyTorch's files since 1.6: a zip, not compressed, with the pickle `NAME/data.pkl` and each storage as `NAME/data/KEY`."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from netspec.weights.pickle_machine import PickleMachine, RefusedPickleError
from netspec.weights.torch_names import KNOWN, storage_of
from netspec.weights.torch_tensors import Storages

PICKLE = "data.pkl"
METADATA = "extra/netspec.json"
"""Where netspec puts what it knows of the weights; PyTorch does not look there."""


class ZipFile:
    """An open file of the zip form; close it after use. Raises RefusedPickleError and what zipfile raises."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self._size = path.stat().st_size
        self._names = set(self._zip.namelist())
        try:
            self._folder = self._find_folder()
        except RefusedPickleError:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def value(self) -> Any:
        """What was saved, with `Stored` for tensors."""
        if f"{self._folder}constants.pkl" in self._names:
            raise RefusedPickleError("a TorchScript program, not only tensors")
        return PickleMachine(KNOWN, storage_of).run(io.BytesIO(self.read(PICKLE)))

    def storages(self) -> Storages:
        """Reads the numbers of tensors."""
        order = self.read("byteorder") if self.has("byteorder") else b"little"
        if order not in (b"little", b"big"):
            raise RefusedPickleError("it says neither little nor big as the order of its bytes")
        return Storages(lambda key: self.read(f"data/{key}"), "<" if order == b"little" else ">")

    def has(self, record: str) -> bool:
        """Whether there is such a record."""
        return self._folder + record in self._names

    def read(self, record: str) -> bytes:
        """A record's bytes: never more than the file has, since nothing is unpacked."""
        name = self._folder + record
        if name not in self._names:
            raise RefusedPickleError(f"its record {record[:80]!r} is missing")
        info = self._zip.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise RefusedPickleError(f"its record {record[:80]!r} is compressed or encrypted, which PyTorch never does")
        if info.file_size != info.compress_size or info.file_size > self._size:
            raise RefusedPickleError(f"its record {record[:80]!r} claims {info.file_size} bytes, more than the file has")
        return self._zip.read(info)

    def _find_folder(self) -> str:
        found = [name for name in self._names if name.rpartition("/")[2] == PICKLE and name.count("/") <= 1]
        if len(found) != 1:
            raise RefusedPickleError(f"a zip with {len(found)} records {PICKLE!r}, where PyTorch writes one")
        return found[0].removesuffix(PICKLE)


def is_zip(path: Path) -> bool:
    """Whether the file begins as a zip does."""
    with suppress(OSError), path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"
    return False
