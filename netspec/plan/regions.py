"""Pass: order the calls into parallel regions.

before: calls in the order in which the layers emitted them; after: the same calls, reordered where nothing depends on the
order, and the regions. Between two regions all threads wait for each other, so few regions are fast regions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netspec.kernels.calls import Call, Ref, Region
from netspec.plan.plan import Plan
from netspec.plan.prepare import PREPARE


def regions(plan: Plan) -> Plan:
    """Without shards every call is a region. With them, calls by sample go together, and so do independent ones."""
    if not plan.shards:
        return replace(plan, regions=tuple(Region(i, i + 1) for i in range(len(plan.calls))))
    calls: list[Call] = []
    found: list[Region] = []
    sections: dict[str, tuple[int, int]] = {}
    for names in _joined_sections(plan):
        start = len(calls)
        begin, end = plan.sections[names[0]][0], plan.sections[names[-1]][1]
        _schedule(list(plan.calls[begin:end]), calls, found)
        sections |= {**dict.fromkeys(names, (start, start)), names[-1]: (start, len(calls))}
    return replace(plan, calls=tuple(calls), regions=tuple(found), sections=sections)


def _joined_sections(plan: Plan) -> list[list[str]]:
    """Sections that run in one go may mix; without a loss the caller stops between forward and backward."""
    first, names = [name for name in plan.sections if name == PREPARE], [n for n in plan.sections if n != PREPARE]
    groups = [names] if plan.goal.loss else [[name] for name in names]
    return [first, *groups] if first else groups


def _schedule(waiting: list[Call], calls: list[Call], found: list[Region]) -> None:
    """Take in turn all calls by sample that are ready, and all others, beginning with what comes first."""
    by_sample = not waiting or waiting[0].by_sample
    while waiting:
        taken = _ready(waiting, by_sample)
        if taken:
            first = len(calls)
            calls += [waiting[i] for i in taken]
            found.append(Region(first, len(calls), by_sample))
            chosen = set(taken)
            waiting = [call for i, call in enumerate(waiting) if i not in chosen]
        by_sample = not by_sample


def _ready(waiting: list[Call], by_sample: bool) -> list[int]:
    """Indices of the calls of this kind that depend on no waiting call outside the region.

    In a region by sample a call may depend on an earlier one of the region; in the other kind on none.
    """
    taken: list[int] = []
    blocked_reads: set[str] = set()  # buffers that a call left behind, or one of the region, will write
    blocked_writes: set[str] = set()  # … or will read
    for i, call in enumerate(waiting):
        reads, writes = _buffers(call.reads()), _buffers(call.writes())
        free = not (reads & blocked_reads or writes & blocked_reads or writes & blocked_writes)
        if free and call.by_sample == by_sample:
            taken.append(i)
            if by_sample:
                continue
        blocked_reads |= writes
        blocked_writes |= reads
    return taken


TENSORS = ("parameters", "gradients", "state")
"""Buffers of many tensors, which calls name by their offsets."""


def _buffers(refs: Iterable[Ref]) -> set[str]:
    """What a call touches: tensors one by one, other buffers as a whole."""
    return {f"{ref.buffer}:{ref.offset}" if ref.buffer in TENSORS else ref.buffer for ref in refs if ref.size}
