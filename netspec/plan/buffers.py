"""Passes: lifetimes and places of the arena's buffers.

Buffers whose lifetimes do not meet share memory: the largest are placed first, each at the lowest free offset.
Source: greedy-by-size, Pisarchyk & Lee 2020, arXiv:2001.03288.
"""

from __future__ import annotations

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
    starts = {plan.value(name).buffer for name in plan.inputs}
    ends = {plan.value(name).buffer for name in plan.outputs}
    for name in plan.differentiated:
        if name in plan.inputs:
            ends.add(plan.gradient(name).buffer)
        elif name in plan.outputs and not plan.goal.loss:
            ends.add(plan.gradient(name).buffer)
            starts.add(plan.gradient(name).buffer)
    buffers = {}
    for name, buffer in plan.buffers.items():
        first, last = touched.get(name, (0, end))
        buffers[name] = replace(buffer, first=0 if name in starts else first, last=end if name in ends else last)
    return replace(plan, buffers=buffers)


def place(plan: Plan) -> Plan:
    """before: lifetimes; after: offsets in the arena, and its size."""
    arena = [buffer for buffer in plan.buffers.values() if buffer.place == "arena"]
    placed: list[tuple[int, int, Buffer]] = []  # start, end in bytes
    for buffer in sorted(arena, key=lambda b: (-size_in_bytes(b, plan.dtype), b.first, b.name)):
        size = size_in_bytes(buffer, plan.dtype)
        neighbours = sorted((s, e) for s, e, other in placed if _meet(buffer, other))
        start = _lowest_gap(neighbours, size)
        placed.append((start, start + size, buffer))
    buffers = dict(plan.buffers)
    for start, _, buffer in placed:
        buffers[buffer.name] = replace(buffer, offset=start)
    return replace(plan, buffers=buffers, arena_bytes=max((end for _, end, _ in placed), default=0))


def size_in_bytes(buffer: Buffer, dtype: str) -> int:
    """Size in the arena, rounded up to whole cache lines."""
    size = buffer.size * element_type(buffer.element, dtype).itemsize
    return -(-size // ALIGNMENT) * ALIGNMENT


def _meet(one: Buffer, other: Buffer) -> bool:
    return one.first <= other.last and other.first <= one.last


def _lowest_gap(taken: list[tuple[int, int]], size: int) -> int:
    start = 0
    for first, end in taken:
        if first - start >= size:
            break
        start = max(start, end)
    return start
