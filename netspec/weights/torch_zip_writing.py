"""Writing a state dict as PyTorch's zip form, without PyTorch: `torch.load(file, weights_only=True)` reads it."""

from __future__ import annotations

import json
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from netspec.weights.atomic import replace_file
from netspec.weights.base import WeightsError, little_endian
from netspec.weights.torch_names import STORAGES
from netspec.weights.torch_zip import METADATA, PICKLE

FOLDER = "archive/"
VERSION = b"3\n"
TYPES = {dtype: name for name, dtype in STORAGES.items()}
ALIGNMENT = 64
"""Storages begin at multiples of this, so that PyTorch can map them into memory."""
LOCAL_HEADER = 30
PADDING = 0x4246
"""The kind of extra field ("FB") that PyTorch, too, uses for nothing but room."""


def write(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Tensors in the given order; metadata in a record that PyTorch does not read."""
    for name, array in tensors.items():
        if array.dtype.name not in TYPES or array.dtype.kind not in "fiub":
            raise WeightsError(path, f"tensor {name!r} of type {array.dtype} cannot be stored", "convert it")

    def fill(stream: IO[bytes]) -> None:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            _add(archive, stream, PICKLE, _pickle(tensors))
            _add(archive, stream, "byteorder", b"little")
            for place, array in enumerate(tensors.values()):
                _add(archive, stream, f"data/{place}", little_endian(array).tobytes())
            if metadata:
                text = json.dumps(dict(sorted(metadata.items())), ensure_ascii=False)
                _add(archive, stream, METADATA, text.encode())
            _add(archive, stream, "version", VERSION)

    replace_file(path, fill)


def _add(archive: zipfile.ZipFile, stream: IO[bytes], record: str, data: bytes) -> None:
    """One record with a fixed date, so that equal contents give equal bytes, at an aligned place."""
    info = zipfile.ZipInfo(FOLDER + record)
    begin = stream.tell() + LOCAL_HEADER + len(info.filename) + 4
    if len(data) < 1 << 31:  # beyond that zipfile puts a field of its own there
        room = -begin % ALIGNMENT
        info.extra = struct.pack("<HH", PADDING, room) + b"\0" * room
    archive.writestr(info, data)


def _pickle(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """OrderedDict([(name, _rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())), …]) in protocol 2."""
    parts = [pickle.PROTO + b"\x02", _EMPTY, pickle.MARK]
    for place, (name, array) in enumerate(tensors.items()):
        parts += [_text(name), _tensor(str(place), array)]
    return b"".join([*parts, pickle.SETITEMS, pickle.STOP])


def _tensor(key: str, array: NDArray[Any]) -> bytes:
    kind = _global("torch", f"{TYPES[array.dtype.name]}Storage")
    storage = _tuple([_text("storage"), kind, _text(key), _text("cpu"), _whole(array.size)]) + pickle.BINPERSID
    sizes = _tuple(map(_whole, array.shape))
    strides = _tuple(map(_whole, _strides(array.shape)))
    arguments = _tuple([storage, _whole(0), sizes, strides, pickle.NEWFALSE, _EMPTY])
    return _global("torch._utils", "_rebuild_tensor_v2") + arguments + pickle.REDUCE


def _strides(shape: tuple[int, ...]) -> list[int]:
    """In elements, the last axis first in memory; an axis of 0 counts as 1, as PyTorch has it."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return strides[::-1]


def _tuple(parts: Any) -> bytes:
    return pickle.MARK + b"".join(parts) + pickle.TUPLE


def _text(text: str) -> bytes:
    data = text.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(data)) + data


def _whole(number: int) -> bytes:
    if number < 1 << 31:
        return pickle.BININT + struct.pack("<i", number)
    return pickle.LONG1 + b"\x08" + struct.pack("<q", number)


def _global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


_EMPTY = _global("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE
