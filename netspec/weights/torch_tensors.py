"""Tensors as PyTorch's files describe them: a piece of a storage, seen with sizes and strides."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from netspec.weights.bfloat16 import widened
from netspec.weights.pickle_machine import RefusedPickleError

DTYPES = {
    "float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2", "int64": "i8", "int32": "i4", "int16": "i2",
    "int8": "i1", "uint64": "u8", "uint32": "u4", "uint16": "u2", "uint8": "u1", "bool": "u1",
}  # fmt: skip
"""PyTorch's types of numbers → how they lie in the file."""

MOST_AXES = 32
MOST_REPEATED = 1 << 20
"""Elements of a tensor that shows some elements of its storage more than once; others have at most as many as it."""

SPAN = 1 << 62


@dataclass(frozen=True, eq=False)
class Storage:
    """A run of numbers in the file. `first` counts elements."""

    key: str
    dtype: str | None
    """None for bytes whose type the tensor tells."""
    numel: int
    first: int = 0


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor that has not been read yet; bounds have been checked against what the storage says of itself."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Unreadable:
    """A tensor of a kind that netspec has no use for: sparse, quantized, complex, …"""

    kind: str


def stored(storage: Any, offset: Any, shape: Any, strides: Any, dtype: str | None = None) -> Stored | Unreadable:
    """A tensor over a storage. Raises RefusedPickleError when it would reach beyond it."""
    if not isinstance(storage, Storage):
        raise RefusedPickleError("a tensor has no storage")
    kind = dtype or storage.dtype
    if kind is None:
        raise RefusedPickleError("a tensor says no type of numbers")
    if kind not in DTYPES:
        return Unreadable(kind)
    shape, strides = _counts(shape, "size"), _counts(strides, "stride")
    (start,) = _counts((offset,), "offset")
    numel = storage.numel if storage.dtype is not None else storage.numel // np.dtype(DTYPES[kind]).itemsize
    if len(shape) != len(strides) or len(shape) > MOST_AXES:
        raise RefusedPickleError(f"a tensor has {len(shape)} sizes and {len(strides)} strides")
    elements = math.prod(shape)
    end = start + 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) if elements else start
    if end > numel or elements > max(numel, MOST_REPEATED):
        raise RefusedPickleError(f"a tensor of shape {_short(shape)} reaches beyond its storage of {numel} numbers")
    return Stored(storage, kind, start, shape, strides)


def _counts(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, tuple | list) or len(values) > 2 * MOST_AXES:
        raise RefusedPickleError(f"a tensor's {what} is no short list of whole numbers")
    if not all(type(value) is int and 0 <= value < SPAN for value in values):
        raise RefusedPickleError(f"a tensor's {what} is no whole number from 0 to 2⁶²")
    return tuple(values)


def _short(shape: tuple[int, ...]) -> str:
    return str(list(shape))


class Storages:
    """The storages of one file: bytes are asked for once for each, and views are made of them."""

    def __init__(self, read: Callable[[str], bytes], order: str) -> None:
        """order: "<" or ">", how the numbers of the file lie."""
        self._read, self._order = read, order
        self._bytes: dict[str, bytes] = {}
        self._numbers: dict[tuple[str, str], NDArray[Any]] = {}

    def tensor(self, wanted: Stored) -> NDArray[Any]:
        """The tensor as a view that cannot be written. Raises RefusedPickleError when the storage is too short."""
        numbers = self._of(wanted.storage, wanted.dtype)
        start = wanted.storage.first + wanted.offset
        storage = wanted.storage
        if storage.dtype is not None and storage.first + storage.numel > numbers.size:
            message = f"storage {storage.key} holds {numbers.size} numbers instead of {storage.first + storage.numel}"
            raise RefusedPickleError(message)
        if storage.dtype is None and storage.numel > len(self._bytes[storage.key]):
            raise RefusedPickleError(f"storage {storage.key} holds fewer bytes than the {storage.numel} it should")
        if 0 in wanted.shape:
            return np.zeros(wanted.shape, numbers.dtype)
        strides = tuple(stride * numbers.itemsize for stride in wanted.strides)
        array: NDArray[Any] = as_strided(numbers[start:], wanted.shape, _small(strides, wanted.shape), writeable=False)
        return array

    def _of(self, storage: Storage, dtype: str) -> NDArray[Any]:
        key = (storage.key, dtype)
        if storage.key not in self._bytes:
            self._bytes[storage.key] = self._read(storage.key)
        if key not in self._numbers:
            self._numbers[key] = _numbers(self._bytes[storage.key], dtype, self._order)
        return self._numbers[key]


def _numbers(data: bytes, dtype: str, order: str) -> NDArray[Any]:
    """All whole numbers in the bytes, in the machine's order."""
    kind = np.dtype(order + DTYPES[dtype])
    raw = np.frombuffer(data, kind, count=len(data) // kind.itemsize)
    if dtype == "bfloat16":
        return widened(raw)
    # A byte that is neither 0 nor 1 is no bool to NumPy.
    native: NDArray[Any] = raw != 0 if dtype == "bool" else raw.astype(kind.newbyteorder("="), copy=False)
    return native


def _small(strides: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The stride of an axis of one element means nothing, and may be larger than NumPy can hold."""
    return tuple(0 if size == 1 else stride for size, stride in zip(shape, strides, strict=True))
