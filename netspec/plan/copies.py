"""Pass: leave out copies of whole buffers.

before: calls that copy one buffer to another (the gradients of a sum, flattened vectors, identities); after: such a call is
gone where the copy may be the original: nobody writes over the original later, and nobody changes the copy before the last
look at the original. All calls then name the original.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.plan.plan import Plan


def leave_out_copies(plan: Plan) -> Plan:
    """Drop the copies that nothing can tell from their originals."""
    uses = _uses(plan.calls)
    names: dict[str, str] = {}
    dropped: set[int] = set()
    for index, call in enumerate(plan.calls):
        pair = _copied(plan, call)
        if not pair:
            continue
        original, copy = names.get(pair[0], pair[0]), pair[1]
        if _may_be_one(plan, uses, original, copy, index):
            dropped.add(index)
            names |= {name: original for name, known in names.items() if known == copy} | {copy: original}
            uses[original].add(uses.pop(copy))
    if not dropped:
        return plan
    calls = tuple(_renamed(call, names) for index, call in enumerate(plan.calls) if index not in dropped)
    gone = sorted(dropped)
    sections = {name: (a - bisect_left(gone, a), b - bisect_left(gone, b)) for name, (a, b) in plan.sections.items()}
    buffers = {name: buffer for name, buffer in plan.buffers.items() if name not in names}
    return replace(plan, calls=calls, sections=sections, buffers=buffers)


@dataclass
class _Uses:
    """At which calls a buffer is read and written."""

    reads: list[int] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)

    def add(self, other: _Uses) -> None:
        self.reads += other.reads
        self.writes += other.writes


def _uses(calls: Iterable[Call]) -> dict[str, _Uses]:
    found: dict[str, _Uses] = {}
    for index, call in enumerate(calls):
        for ref in call.reads():
            found.setdefault(ref.buffer, _Uses()).reads.append(index)
        for ref in call.writes():
            found.setdefault(ref.buffer, _Uses()).writes.append(index)
    return found


def _copied(plan: Plan, call: Call) -> tuple[str, str] | None:
    """(original, copy) of a call that copies a whole buffer of the arena."""
    if not call.kernel.is_copy:
        return None
    ((source, target),) = call.kernel.in_place
    x, y = call.arguments[source], call.arguments[target]
    assert isinstance(x, Ref)
    assert isinstance(y, Ref)
    return (x.buffer, y.buffer) if plan.is_whole(x) and plan.is_whole(y) and x.size == y.size else None


def _may_be_one(plan: Plan, uses: dict[str, _Uses], original: str, copy: str, index: int) -> bool:
    kept = plan.seen_outside()
    if copy in kept:
        return False
    one, other = uses[original], uses[copy]
    if min([*other.reads, *other.writes]) < index or any(write > index for write in one.writes):
        return False
    changes = [write for write in other.writes if write > index]
    # The call itself reads the original and writes the copy; it will be gone.
    return not changes or (original not in kept and min(changes) > max([index, *one.reads]))


def _renamed(call: Call, names: dict[str, str]) -> Call:
    arguments: dict[str, ArgumentValue] = {
        key: replace(value, buffer=names[value.buffer]) if isinstance(value, Ref) and value.buffer in names else value
        for key, value in call.arguments.items()
    }
    return replace(call, arguments=arguments)
