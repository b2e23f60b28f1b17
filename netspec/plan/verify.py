"""Pass: the plan's own proof. before = after; raises PlanError when a promise of the other passes is broken."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.kernels.calls import Call, Region
from netspec.plan.buffers import homes, size_in_bytes
from netspec.plan.in_place import pairs
from netspec.plan.lower import SCRATCH, is_scratch
from netspec.plan.plan import Plan


class PlanError(AssertionError):
    """A bug in netspec: the plan would read what was never written, or write over what is still needed."""


def verify(plan: Plan) -> Plan:
    """Check that nothing is read before it is written or after it is overwritten, and that no two live buffers overlap."""
    _check_written_before_read(plan)
    _check_scratch(plan)
    _check_shared_places(plan)
    _check_no_overlap(plan)
    return plan


def _check_written_before_read(plan: Plan) -> None:
    written = {plan.value(name).buffer for name in plan.inputs}
    if not plan.goal.loss:
        written |= {plan.gradient(name).buffer for name in plan.outputs}
    for call in plan.calls:
        for ref in call.reads():
            buffer = plan.buffers.get(ref.buffer)
            if ref.size and buffer and buffer.place == "arena" and ref.buffer not in written:
                raise PlanError(f"{call.owner} {call.direction}: {call.kernel.name} reads {ref} before it is written")
        written.update(ref.buffer for ref in call.writes())


def _check_scratch(plan: Plan) -> None:
    """Thread t's scratch memory begins at t times its size, so all calls must mean the same size."""
    sizes = {value.size for call in plan.calls for value in call.arguments.values() if is_scratch(value)}
    if sizes - {plan.buffers[SCRATCH].size if SCRATCH in plan.buffers else 0}:
        raise PlanError(f"calls with scratch memory of {sorted(sizes)} elements would meet in that of other threads")


def _check_no_overlap(plan: Plan) -> None:
    live: list[tuple[int, int, int, str]] = []  # last call, start, end, name
    for buffer in sorted(homes(plan), key=lambda b: b.first):
        live = [entry for entry in live if entry[0] >= buffer.first]
        start, end = buffer.offset, buffer.offset + size_in_bytes(buffer, plan.dtype)
        for _, other_start, other_end, other in live:
            if start < other_end and other_start < end:
                raise PlanError(f"{buffer.name} and {other} are live at once and overlap in the arena")
        live.append((buffer.last, start, end, buffer.name))


def _check_shared_places(plan: Plan) -> None:
    """Follow, call by call, whose values lie in each place that several buffers take in turn."""
    shared = {buffer.home for buffer in plan.buffers.values() if buffer.home}
    homes_of = {n: b.home or n for n, b in plan.buffers.items() if (b.home or n) in shared}
    if any(plan.buffers[name].offset != plan.buffers[home].offset for name, home in homes_of.items()):
        raise PlanError("a buffer does not lie where the one lies whose place it takes")
    given = plan.given_from_outside()
    holders = {home: name for name, home in homes_of.items() if name in given}
    for region in plan.regions:
        for call in plan.calls[region.first : region.last]:
            _check_call(plan, call, homes_of, holders)
        if not region.by_sample:
            _check_side_by_side(plan, region, homes_of)
    for name in plan.kept_to_the_end() & homes_of.keys():
        if holders[homes_of[name]] != name:
            raise PlanError(f"{holders[homes_of[name]]} has overwritten {name}, which the caller reads")


def _check_call(plan: Plan, call: Call, homes_of: Mapping[str, str], holders: dict[str, str]) -> None:
    read = {ref.buffer for ref in call.reads() if ref.buffer in homes_of}
    written = {ref.buffer for ref in call.writes() if ref.buffer in homes_of}
    for name in read:
        if (holder := holders.get(homes_of[name])) != name:
            raise PlanError(f"{call.owner} {call.direction}: {call.kernel.name} reads {name}, which {holder} has overwritten")
    allowed = set(pairs(plan, call))
    for name in written:
        for other in (read | written) - {name}:
            if homes_of[other] == homes_of[name] and (other, name) not in allowed:
                raise PlanError(f"{call.owner} {call.direction}: {call.kernel.name} cannot write {name} over {other}")
        holders[homes_of[name]] = name


def _check_side_by_side(plan: Plan, region: Region, homes_of: Mapping[str, str]) -> None:
    """Calls without an order between them cannot hand over a place."""
    calls = plan.calls[region.first : region.last]
    touched = [{ref.buffer for ref in [*call.reads(), *call.writes()]} & homes_of.keys() for call in calls]
    owners: dict[str, set[str]] = {}
    for name in {name for names in touched for name in names}:
        owners.setdefault(homes_of[name], set()).add(name)
    for home, names in owners.items():
        if len(names) > 1 and sum(bool(names & one) for one in touched) > 1:
            raise PlanError(f"calls side by side touch {', '.join(sorted(names))}, which share the place of {home}")
