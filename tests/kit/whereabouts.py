"""A kernel that tells which thread runs it."""

from __future__ import annotations

from numba import types

from netspec.kernels.abi import IntsOut, kernel

thread_self = types.ExternalFunction("pthread_self", types.intp())
pause = types.ExternalFunction("usleep", types.int32(types.uint32))


@kernel
def note_thread(chunk: int, chunks: int, y: IntsOut) -> None:
    """Slow enough for a thread that wakes up late to find something to do: others take what it has not begun."""
    y[chunk] = thread_self()
    pause(2000)
