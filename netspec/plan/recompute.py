"""Pass: values that are computed again in the backward pass instead of kept (`train.recompute`).

before: whatever the backward pass reads is kept from the forward pass on; after: values of cheap layers (activations,
normalization, pooling, sums) are forgotten after their last reader in the forward pass and computed again right before their
first reader in the backward pass, by the same calls: the bits are the same. Statistics of a batch are not taken again, and
dropout draws the same mask. Only values whose sources the backward pass keeps anyway are forgotten.
Source of the idea: Chen, Xu, Zhang & Guestrin 2016, arXiv:1604.06174.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.plan.lower import Calls
from netspec.plan.plan import Plan

CHEAP = frozenset({"activation", "normalization", "pooling", "merge"})
"""Families of layers that take little time compared with convolutions and linear layers."""
AGAIN = "again"
"""Direction of the calls that compute once more, and the end of the names of what they write."""


def recompute(plan: Plan) -> Plan:
    """Forget cheap values and compute them again, when the spec asks for it and the batch is not cut into shards."""
    if not plan.recompute or not plan.goal.gradients or plan.shards:
        return plan
    found = _Search(plan)
    first, last = plan.sections["backward"]
    out = Calls(buffers=dict(plan.buffers))
    for index in range(first, last):
        for value in found.wanted_at.get(index, ()):
            for number in found.forgotten[value]:
                out.calls.append(_renamed(plan.calls[number], found.again[value], AGAIN))
        call = plan.calls[index]
        read = {ref.buffer for ref in call.reads()}
        out.calls.append(_renamed(call, found.forgotten.keys() & read, call.direction))
    for call in out.calls:
        for argument in call.arguments.values():
            if isinstance(argument, Ref) and argument.size:
                out.declare(argument)
    calls = (*plan.calls[:first], *out.calls, *plan.calls[last:])
    sections = {**plan.sections, "backward": (first, first + len(out.calls))}
    return replace(plan, calls=calls, buffers=out.buffers, sections=sections)


@dataclass
class _Uses:
    """Calls that write a buffer, and the first and the last of the backward pass that reads it."""

    writers: list[int] = field(default_factory=list)
    first_read: int = -1
    last_read: int = -1


class _Search:
    """Which values are forgotten, and which calls compute them again."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._uses = plan, _uses(plan)
        self.forgotten: dict[str, list[int]] = {}
        """Value → the forward calls that compute it from what is kept."""
        self.again: dict[str, set[str]] = {}
        """Value → the buffers that are written again with it."""
        self.wanted_at: dict[int, list[str]] = {}
        """Backward call → values that it is the first to read."""
        kept = plan.seen_outside()
        for name in plan.order:
            value = plan.value(name).buffer
            if value in self._uses and value not in kept and self._uses[value].first_read >= 0:
                self._try(value)

    def _try(self, value: str) -> None:
        needed_at = self._uses[value].first_read
        calls: set[int] = set()
        buffers: set[str] = set()
        if self._collect(value, needed_at, calls, buffers):
            self.forgotten[value], self.again[value] = sorted(calls), buffers
            self.wanted_at.setdefault(needed_at, []).append(value)

    def _collect(self, buffer: str, needed_at: int, calls: set[int], buffers: set[str]) -> bool:
        """Add the calls that compute the buffer from what is kept beyond `needed_at`; False when they are not all cheap."""
        buffers.add(buffer)
        for index in self._uses[buffer].writers:
            call = self._plan.calls[index]
            if index in calls:
                continue
            if not self._is_cheap(call):
                return False
            calls.add(index)
            buffers |= {ref.buffer for ref in call.writes()}
            for ref in call.reads():
                if ref.size and ref.buffer not in buffers and not self._is_kept(ref.buffer, needed_at) and (
                    ref.buffer in self.forgotten or not self._collect(ref.buffer, needed_at, calls, buffers)
                ):  # fmt: skip
                    return False
        return True

    def _is_cheap(self, call: Call) -> bool:
        layers = self._plan.order
        is_layer = call.owner in layers and call.direction == "forward"
        inside = all(self._plan.buffers[ref.buffer].place == "arena" for ref in call.writes() if ref.size)
        return is_layer and inside and self._plan.layer(call.owner).family in CHEAP

    def _is_kept(self, buffer: str, needed_at: int) -> bool:
        """Whether the buffer is there at a backward call without our doing."""
        if self._plan.buffers[buffer].place != "arena" or buffer in self._plan.seen_outside():
            return True
        return buffer not in self.forgotten and self._uses[buffer].last_read >= needed_at


def _uses(plan: Plan) -> dict[str, _Uses]:
    found = {name: _Uses() for name in plan.buffers}
    backward, _ = plan.sections["backward"]
    for index, call in enumerate(plan.calls):
        for ref in call.writes():
            if ref.size and index < backward:
                found[ref.buffer].writers.append(index)
        for ref in call.reads():
            if ref.size and index >= backward:
                uses = found[ref.buffer]
                uses.first_read, uses.last_read = (uses.first_read if uses.first_read >= 0 else index), index
    return found


def _renamed(call: Call, names: set[str], direction: str) -> Call:
    """The call on the second copies of these buffers."""
    arguments: dict[str, ArgumentValue] = {
        key: replace(value, buffer=f"{value.buffer} {AGAIN}") if isinstance(value, Ref) and value.buffer in names else value
        for key, value in call.arguments.items()
    }
    return replace(call, arguments=arguments, direction=direction)
