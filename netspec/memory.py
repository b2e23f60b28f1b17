"""Aligned arrays, and where the buffers of a plan lie."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.binding import element_type
from netspec.plan.plan import Plan

ALIGNMENT = 64


def aligned_zeros(size: int, dtype: str | np.dtype[Any]) -> NDArray[Any]:
    """A flat array of zeros that begins on a cache line; up to a vector behind its end may be read (`kernels/tile.py`)."""
    kind = np.dtype(dtype)
    raw = np.zeros(max(size, 1) * kind.itemsize + 2 * ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + max(size, 1) * kind.itemsize].view(kind)


class Arena:
    """The memory that all plans of a program share; grows when a plan needs more."""

    def __init__(self) -> None:
        self.bytes = aligned_zeros(0, "uint8")
        self.holder: object = None
        """Whose values lie in it: the lane that ran last."""

    def reserve(self, size: int) -> bool:
        """Make room for `size` bytes; True when the arena moved, so that what was bound to it must be bound anew."""
        if size <= self.bytes.size:
            return False
        self.bytes = aligned_zeros(size, "uint8")
        return True


Stamp = tuple[int, int, int]
"""Which lane's tensors, loaded how often, changed how often."""


class Kept:
    """What prepared calls made, by name; plans that make the same of the same tensors share it (`plan/prepare.py`)."""

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        self._stamps: dict[str, Stamp] = {}

    def reserve(self, plan: Plan) -> None:
        """Make room for what the plan keeps."""
        for name in _kept(plan):
            if name not in self.arrays:
                buffer = plan.buffers[name]
                self.arrays[name] = aligned_zeros(buffer.size, element_type(buffer.element, plan.dtype))

    def missing_bytes(self, plan: Plan) -> int:
        """What `reserve` would take."""
        buffers = [plan.buffers[name] for name in _kept(plan) if name not in self.arrays]
        return sum(buffer.size * element_type(buffer.element, plan.dtype).itemsize for buffer in buffers)

    def is_fresh(self, plan: Plan, stamp: Stamp) -> bool:
        """Whether all of it was made of these tensors; while they change, only those of frozen layers are read."""
        parts = 3 if plan.rests() else 2
        return all(self._stamps.get(name, ())[:parts] == stamp[:parts] for name in _kept(plan))

    def mark(self, plan: Plan, stamp: Stamp) -> None:
        """It has been made of these tensors."""
        self._stamps.update(dict.fromkeys(_kept(plan), stamp))


def _kept(plan: Plan) -> list[str]:
    return [name for name, buffer in plan.buffers.items() if buffer.place == "kept"]


class PlanMemory(Mapping[str, NDArray[Any]]):
    """Buffer name → array: the arena's by the plan's offsets, the others from the lane."""

    def __init__(self, plan: Plan, arena: Arena, outside: Mapping[str, NDArray[Any]]) -> None:
        self._plan, self._bytes, self._outside = plan, arena.bytes, outside

    def __getitem__(self, name: str) -> NDArray[Any]:
        buffer = self._plan.buffers[name]
        if buffer.place != "arena":
            return self._outside[name]
        kind = element_type(buffer.element, self._plan.dtype)
        return self._bytes[buffer.offset : buffer.offset + buffer.size * kind.itemsize].view(kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self._plan.buffers)

    def __len__(self) -> int:
        return len(self._plan.buffers)


def to_stored(x: NDArray[Any], dtype: str | np.dtype[Any]) -> NDArray[Any]:
    """The users' N, C, H, W → the kernels' N, H, W, C; other ranks stay. Contiguous, in the compute dtype."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x, dtype=dtype)


def from_stored(flat: NDArray[Any], n: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """A copy in the users' layout of n samples at the start of a flat stored array."""
    size = n * math.prod(shape)
    if len(shape) == 3:
        c, h, w = shape
        return flat[:size].reshape(n, h, w, c).transpose(0, 3, 1, 2).copy()  # always a copy, also with one channel
    return flat[:size].reshape(n, *shape).copy()


def stored_copy(flat: NDArray[Any], n: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """A copy, as the kernels read it, of n samples at the start of a flat stored array."""
    stored = (*shape[1:], shape[0]) if len(shape) == 3 else shape
    return flat.reshape(-1)[: n * math.prod(shape)].reshape(n, *stored).copy()
