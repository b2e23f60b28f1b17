"""Running the chunks of every call one by one and backwards: what depends on their order is a race."""

from __future__ import annotations

import ctypes

import numpy as np

from netspec.kernels.binding import BoundCalls
from netspec.kernels.machine import ARGUMENTS, CHUNKS, ENTRY
from tests.kit.bench import Recorder

_ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_void_p)


def run_chunks_apart(io: Recorder) -> None:
    """Run the recorded calls, last chunk first; assert that no element is changed by two chunks of one call."""
    bound = BoundCalls(io.calls, io.memory, io.dtype)
    for call, row in zip(bound.calls, bound._table, strict=True):
        entry = _ENTRY(int(row[ENTRY]))
        buffers = {ref.buffer for ref in call.writes()}
        changed = {name: np.zeros(io.memory[name].size, bool) for name in buffers}
        for chunk in reversed(range(row[CHUNKS])):
            before = {name: io.memory[name].copy() for name in buffers}
            entry(chunk, int(row[CHUNKS]), 0, int(row[ARGUMENTS]))
            for name in buffers:
                now = _bits(io.memory[name]) != _bits(before[name])
                twice = np.flatnonzero(now & changed[name])
                assert not twice.size, f"{call.kernel.name}: two chunks change {name}[{twice[0]}]"
                changed[name] |= now
    io.calls.clear()


def _bits(array: np.ndarray) -> np.ndarray:
    return array.view(f"u{array.itemsize}")
