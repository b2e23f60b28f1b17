"""Layers with one fault each: what the battery must notice."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.kernels.abi import In, Kernel, Out, cast, kernel
from netspec.kernels.elementary import part
from netspec.layers.elementwise import Elementwise


@kernel
def square(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i] * x[i]


@kernel
def square_backward(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = cast(x, 2) * x[i] * dy[i]


@kernel
def wrong_factor(chunk: int, chunks: int, x: In, dy: In, dx: Out) -> None:
    x, dy, dx = part(x, chunk, chunks), part(dy, chunk, chunks), part(dx, chunk, chunks)
    for i in range(dx.size):
        dx[i] = cast(x, 2.001) * x[i] * dy[i]


@kernel
def overlapping(chunk: int, chunks: int, x: In, y: Out) -> None:
    for i in range(y.size):  # every chunk writes everything, its number added
        y[i] = x[i] * x[i] + cast(x, chunk)


@kernel
def swallows_nan(chunk: int, chunks: int, x: In, y: Out) -> None:
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        y[i] = x[i] * x[i] if x[i] == x[i] else cast(x, 0)


class Square(Elementwise):
    """y = x², without a fault."""

    type: Literal["square"] = "square"
    forward_kernel: ClassVar[Kernel] = square
    backward_kernel: ClassVar[Kernel] = square_backward


class WrongFactor(Square):
    """Its gradient is 0.05 % too large."""

    backward_kernel: ClassVar[Kernel] = wrong_factor


class Overlapping(Square):
    """Its chunks write the same elements."""

    forward_kernel: ClassVar[Kernel] = overlapping


class SwallowsNan(Square):
    """It turns NaN into 0."""

    forward_kernel: ClassVar[Kernel] = swallows_nan
