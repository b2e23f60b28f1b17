"""Pass: the plan's own proof. before = after; raises PlanError when a promise of the other passes is broken."""

from __future__ import annotations

from netspec.plan.buffers import size_in_bytes
from netspec.plan.plan import Plan


class PlanError(AssertionError):
    """A bug in netspec: the plan would read what was never written, or write over what is still needed."""


def verify(plan: Plan) -> Plan:
    """Check that nothing is read before it is written and that no two live buffers overlap."""
    _check_written_before_read(plan)
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


def _check_no_overlap(plan: Plan) -> None:
    live: list[tuple[int, int, int, str]] = []  # last call, start, end, name
    arena = [buffer for buffer in plan.buffers.values() if buffer.place == "arena"]
    for buffer in sorted(arena, key=lambda b: b.first):
        live = [entry for entry in live if entry[0] >= buffer.first]
        start, end = buffer.offset, buffer.offset + size_in_bytes(buffer, plan.dtype)
        for _, other_start, other_end, other in live:
            if start < other_end and other_start < end:
                raise PlanError(f"{buffer.name} and {other} are live at once and overlap in the arena")
        live.append((buffer.last, start, end, buffer.name))
