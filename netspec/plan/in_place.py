"""Pass: results that take the place of what they are made from.

before: every buffer has a place of its own; after: where a kernel allows it (`Kernel.in_place`) and nobody looks at the input
afterwards, the output has the input's place: `home` names the buffer whose place it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.kernels.calls import Call, Ref
from netspec.plan.plan import Buffer, Plan


def in_place(plan: Plan) -> Plan:
    """Give outputs the places of inputs that are needed no longer."""
    buffers = dict(plan.buffers)
    first, last = _touched(plan)
    kept = plan.seen_outside()
    for index, names in _touched_by_others(plan):
        shared = {buffers[name].home or name for name in names if name in buffers}
        for source, target in pairs(plan, plan.calls[index]):
            home = buffers[source].home or source
            is_free = source not in kept and last[home] <= index and home not in shared
            if is_free and first[target] == index and target not in shared and not buffers[target].home:
                buffers[target] = replace(buffers[target], home=home)
                last[home] = last[target]
    return replace(plan, buffers=buffers)


def pairs(plan: Plan, call: Call) -> Iterator[tuple[str, str]]:
    """(input, output) buffers of a call that may share a place, as far as the call alone can tell."""
    for source, target in sorted(call.kernel.in_place):
        x, y = call.arguments[source], call.arguments[target]
        assert isinstance(x, Ref)
        assert isinstance(y, Ref)
        if plan.is_whole(x) and plan.is_whole(y) and _alike(plan.buffers[x.buffer], plan.buffers[y.buffer]):
            inputs = {name for name, output in call.kernel.in_place if output == target}
            others = {v.buffer for key, v in call.arguments.items() if isinstance(v, Ref) and key not in inputs}
            if x.buffer not in others:
                yield x.buffer, y.buffer


def _alike(one: Buffer, other: Buffer) -> bool:
    # Of one size, a shard's part of one is where its part of the other is.
    return one.name != other.name and one.size == other.size and one.element == other.element


def _touched_by_others(plan: Plan) -> Iterator[tuple[int, set[str]]]:
    """Every call, with the buffers that other calls may touch at the same time."""
    for region in plan.regions:
        calls = range(region.first, region.last)
        if region.last - region.first == 1:
            yield region.first, set()
            continue
        if region.by_sample:
            touched = _read_across_shards(plan, calls)
        else:
            touched = {i: {ref.buffer for ref in _refs(plan.calls[i])} for i in calls}
        for index in calls:
            yield index, {name for i in calls if i != index for name in touched[i]}


def _read_across_shards(plan: Plan, calls: range) -> dict[int, set[str]]:
    """What each call by sample may read of other samples: not what the region writes, nor what it reads element by element."""
    own = {ref.buffer for i in calls for ref in plan.calls[i].writes()}
    alike = {i: {source for source, _ in pairs(plan, plan.calls[i])} for i in calls}
    return {i: {ref.buffer for ref in plan.calls[i].reads() if ref.size} - own - alike[i] for i in calls}


def _touched(plan: Plan) -> tuple[dict[str, int], dict[str, int]]:
    """First and last call that touches each buffer."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for index, call in enumerate(plan.calls):
        for ref in _refs(call):
            first.setdefault(ref.buffer, index)
            last[ref.buffer] = index
    return first, last


def _refs(call: Call) -> list[Ref]:
    return [ref for ref in [*call.reads(), *call.writes()] if ref.size]
