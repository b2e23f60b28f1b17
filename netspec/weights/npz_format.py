"""npz: a zip of NumPy arrays. Metadata is one more member, JSON in an array of bytes."""

from __future__ import annotations

import json
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.weights.atomic import replace_file
from netspec.weights.base import Weights, WeightsError, little_endian

_METADATA = "__metadata__"
_ZIP, _NPY = b"PK\x03\x04", b"\x93NUMPY"
DAMAGE = (
    OSError, ValueError, EOFError, TypeError, AttributeError, KeyError, SyntaxError, RuntimeError, OverflowError, MemoryError,
    tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy and zipfile raise for files that are not what they seem; NotImplementedError is a RuntimeError."""

FREE, RATIO = 256 << 20, 200
"""Unpacked, a file may have so many bytes, or so many times its own: small files that unpack to very much are refused."""


def read(path: Path) -> Weights:
    """All arrays in the file's order, and the metadata (empty for files of other programs)."""
    with _opened(path) as file:
        tensors = {name: _array(path, file, name) for name in file.files if name != _METADATA}
        return Weights(tensors, _metadata(path, file))


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata alone."""
    with _opened(path) as file:
        return _metadata(path, file)


def write(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Arrays in the given order, uncompressed; metadata sorted by key."""
    if _METADATA in tensors:
        raise WeightsError(path, f"a tensor cannot be called {_METADATA!r}", "rename it")
    members = {name: little_endian(array) for name, array in tensors.items()}
    if metadata:
        text = json.dumps(dict(sorted(metadata.items())), ensure_ascii=False).encode()
        members[_METADATA] = np.frombuffer(text, np.uint8)

    def fill(stream: IO[bytes]) -> None:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for name, array in members.items():
                # A ZipInfo made from the bare name carries a fixed date, so equal contents give equal bytes.
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    replace_file(path, fill)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with path.open("rb") as stream:
        _refuse_other_files(path, stream.read(len(_ZIP)))
        stream.seek(0)
        try:
            file = np.load(stream, allow_pickle=False)
        except DAMAGE as error:
            raise WeightsError(path, f"not a whole npz file ({error})", "fetch or save it again") from error
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise WeightsError(path, "one array without a name (npy), not an npz file", "save it with numpy.savez")
        with file:
            _refuse_bomb(path, file)
            yield file


def _refuse_other_files(path: Path, begin: bytes) -> None:
    """NumPy takes whatever is neither zip nor npy for a pickle, and advises to allow that."""
    if begin and begin[:2] != _ZIP[:2] and begin != _NPY[: len(begin)]:
        what = f"not an npz file: it begins with {begin!r}, and an npz file, a zip archive, with {_ZIP!r}"
        raise WeightsError(path, what, "fetch or save it again, or give it the ending of the kind that it is")


def _refuse_bomb(path: Path, file: np.lib.npyio.NpzFile) -> None:
    assert file.zip is not None
    size, unpacked = path.stat().st_size, sum(member.file_size for member in file.zip.infolist())
    if unpacked > max(FREE, RATIO * size):
        what = f"its {size} bytes would unpack to {unpacked}"
        raise WeightsError(path, what, "if you trust it, save it again with numpy.savez, not compressed")


def _array(path: Path, file: Any, name: str) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.asanyarray(file[name])  # bytes when the member is no array
    except DAMAGE as error:
        raise WeightsError(path, f"array {name!r} cannot be read ({error})", "fetch or save the file again") from error
    if array.dtype.kind not in "fiub":
        raise WeightsError(path, f"array {name!r} has type {array.dtype}, not numbers", "save numeric arrays only")
    return array


def _metadata(path: Path, file: Any) -> dict[str, str]:
    if _METADATA not in file.files:
        return {}
    try:
        return {str(key): str(value) for key, value in json.loads(bytes(file[_METADATA])).items()}
    except DAMAGE as error:
        raise WeightsError(path, f"its metadata is not a JSON object ({error})", "save the file again") from error
