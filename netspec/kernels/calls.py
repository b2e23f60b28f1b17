"""Calls of kernels as data: what the plan is made of, before any memory has an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.abi import Argument, ElementType, Kernel

Table = NDArray[np.int64]
"""Constant integers a kernel reads: offsets, job lists."""


@dataclass(frozen=True)
class Ref:
    """A stretch of a named buffer, in elements."""

    buffer: str
    size: int
    offset: int = 0
    element: ElementType = "float"

    def part(self, offset: int, size: int) -> Ref:
        """A stretch of this stretch."""
        assert 0 <= offset <= offset + size <= self.size
        return Ref(self.buffer, size, self.offset + offset, self.element)

    def __str__(self) -> str:
        return f"{self.buffer}[{self.offset}:{self.offset + self.size}]"


@dataclass(frozen=True)
class Region:
    """Calls first … last − 1 that run without waiting for each other.

    by_sample: each shard goes through all of them; otherwise they are independent, and all their chunks run side by side.
    """

    first: int
    last: int
    by_sample: bool = False


ArgumentValue = Ref | Table | int | float


@dataclass(frozen=True)
class Call:
    """One call of a kernel over a fixed number of chunks, on behalf of a layer, the loss or the optimizer."""

    kernel: Kernel
    arguments: Mapping[str, ArgumentValue]
    chunks: int
    owner: str
    direction: str
    by_sample: bool = False
    """Chunk c reads and writes only what belongs to the samples of shard c, and what no other chunk writes."""
    algorithm: str = ""
    """How the work is done where there is a choice: "direct", "winograd"; "" where there is none."""
    absorbed: tuple[str, ...] = ()
    """Layers whose work is done at the end of this call."""

    def __post_init__(self) -> None:
        expected, given = list(self.kernel.parameters), list(self.arguments)
        if set(expected) != set(given):
            raise TypeError(f"{self.owner}: {self.kernel.name} takes {expected}, got {given}")
        for name, value in self.arguments.items():
            self._check(name, value)

    def _check(self, name: str, value: ArgumentValue) -> None:
        role = self.kernel.parameters[name]
        if isinstance(role, Argument):
            element = value.element if isinstance(value, Ref) else "int" if isinstance(value, np.ndarray) else None
            if element != role.element:
                raise TypeError(f"{self.owner}: {self.kernel.name}({name}=…) takes {role.element} elements, got {value!r}")
        elif isinstance(value, Ref | np.ndarray):
            raise TypeError(f"{self.owner}: {self.kernel.name}({name}=…) takes a number, got {value!r}")

    def reads(self) -> list[Ref]:
        """Buffers whose content the call uses."""
        return self._refs(lambda role: role.reads)

    def writes(self) -> list[Ref]:
        """Buffers whose content the call changes."""
        return self._refs(lambda role: role.writes)

    def _refs(self, wanted: object) -> list[Ref]:
        """Without arguments that are left out, and the threads' own scratch memory, which carries nothing to other calls."""
        assert callable(wanted)
        roles = self.kernel.parameters
        found = []
        for name, value in self.arguments.items():
            role = roles[name]
            is_buffer = isinstance(role, Argument) and not role.private and wanted(role)
            if is_buffer and isinstance(value, Ref) and value.size:
                found.append(value)
        return found
