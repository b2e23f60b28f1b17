"""Passes: lifetimes and places of the arena's buffers.

Buffers whose lifetimes do not meet share memory: the largest are placed first, each at the lowest free offset.
Source: greedy-by-size, Pisarchyk & Lee 2020, arXiv:2001.03288.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import replace

from netspec.kernels.binding import element_type
from netspec.plan.plan import Buffer, Plan

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector."""


def lifetimes(plan: Plan) -> Plan:
    """before: buffers without lifetimes; after: each has the first and last call that touches it.

    Inputs live from the start; outputs, the gradients of inputs and output gradients from outside to the end, because
    the caller reads or writes them.
    """
    touched: dict[str, tuple[int, int]] = {}
    for region in plan.regions:  # whose calls run side by side: what one of them touches lives through all
        for call in plan.calls[region.first : region.last]:
            for ref in [*call.reads(), *call.writes()]:
                if ref.size:
                    first, _ = touched.get(ref.buffer, (region.first, 0))
                    touched[ref.buffer] = first, region.last - 1
    end = len(plan.calls)
    given, kept = plan.given_from_outside(), plan.kept_to_the_end()
    spans = {}
    for name in plan.buffers:
        first, last = touched.get(name, (0, end))
        spans[name] = 0 if name in given else first, end if name in kept else last
    buffers = {name: replace(buffer, first=spans[name][0], last=spans[name][1]) for name, buffer in plan.buffers.items()}
    return replace(plan, buffers=buffers)


def place(plan: Plan) -> Plan:
    """before: lifetimes; after: offsets in the arena, and its size."""
    placed = _Shelf()
    for buffer in sorted(homes(plan), key=lambda b: (-size_in_bytes(b, plan.dtype), b.first, b.name)):
        placed.put(buffer, size_in_bytes(buffer, plan.dtype))
    offsets = placed.offsets
    buffers = {
        name: replace(buffer, offset=offsets[buffer.home or name]) if buffer.place == "arena" else buffer
        for name, buffer in plan.buffers.items()
    }
    return replace(plan, buffers=buffers, arena_bytes=placed.end)


def homes(plan: Plan) -> list[Buffer]:
    """The buffers with a place of their own in the arena; each lives as long as all that take it over."""
    found = {name: buffer for name, buffer in plan.buffers.items() if buffer.place == "arena" and not buffer.home}
    for buffer in plan.buffers.values():
        if buffer.home:
            home = found[buffer.home]
            first, last = min(home.first, buffer.first), max(home.last, buffer.last)
            found[buffer.home] = replace(home, first=first, last=last)
    return list(found.values())


class _Shelf:
    """Places buffers at the lowest offset that is free while they live."""

    def __init__(self) -> None:
        self.offsets: dict[str, int] = {}
        self.end = 0
        self._taken: list[tuple[int, int, int, int]] = []
        """Start and end in bytes, first and last call; in order."""

    def put(self, buffer: Buffer, size: int) -> None:
        start = 0
        for low, high, first, last in self._taken:
            if first <= buffer.last and buffer.first <= last:
                if low - start >= size:
                    break
                start = max(start, high)
        insort(self._taken, (start, start + size, buffer.first, buffer.last))
        self.offsets[buffer.name] = start
        self.end = max(self.end, start + size)


def size_in_bytes(buffer: Buffer, dtype: str) -> int:
    """Size in the arena, rounded up to whole cache lines."""
    size = buffer.size * element_type(buffer.element, dtype).itemsize
    return -(-size // ALIGNMENT) * ALIGNMENT
