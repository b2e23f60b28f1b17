"""Kernels that compile in a moment, for tests of compiling itself."""

from __future__ import annotations

from netspec.kernels.abi import InOut, kernel


@kernel
def add_one(chunk: int, chunks: int, y: InOut) -> None:
    y[chunk] += 1


@kernel
def add_two(chunk: int, chunks: int, y: InOut) -> None:
    y[chunk] += 2


@kernel
def add_three(chunk: int, chunks: int, y: InOut) -> None:
    y[chunk] += 3


@kernel
def add_four(chunk: int, chunks: int, y: InOut) -> None:
    y[chunk] += 4


TINY = (add_one, add_two, add_three, add_four)
