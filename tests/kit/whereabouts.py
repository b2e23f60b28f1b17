"""A kernel that tells which thread runs it."""

from __future__ import annotations

from numba import types

from netspec.kernels.abi import IntsOut, kernel

thread_self = types.ExternalFunction("pthread_self", types.intp())


@kernel
def note_thread(chunk: int, chunks: int, y: IntsOut) -> None:
    y[chunk] = thread_self()
