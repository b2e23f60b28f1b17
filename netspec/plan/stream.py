"""Pass: update each parameter as soon as its gradient is there.

before: all gradients are kept until the updates, which follow the plan; after: of a large network, every gradient lives in the
arena from the calls that compute it to its update, which stands right behind them, and large matrices are worked on in slices
of columns. The bits are the same: an update looks at one element at a time. Not done where the batch is cut into shards, nor
for gradients that are clipped by a norm of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from netspec.kernels.binding import element_type
from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.kernels.contract import JOB, contract
from netspec.kernels.panels import PANEL
from netspec.optimizers.base import Optimizer
from netspec.plan.layout import Entry
from netspec.plan.lower import Calls
from netspec.plan.plan import Goal, Plan
from netspec.plan.update import emit_group

LARGE_BYTES = 32 << 20
"""Gradients that are worth it: below, one pass over all parameters is quicker than many small ones."""
SLICE_BYTES = 32 << 20
"""About the most of one gradient that is there at a time."""
JOB_C, JOB_FIRST_COLUMN, JOB_LAST_COLUMN = 2, 6, 7
"""Places in a job of `contract`: where its block of C begins, its first column and the one behind its last."""


def training_goal(start: Plan, optimizer: Optimizer | None, batch: int) -> Goal:
    """The goal of a training step with this optimizer."""
    large = start.layout.trainable_size * element_type("float", start.dtype).itemsize >= LARGE_BYTES
    alone = optimizer is not None and optimizer.clip_norm is None and optimizer.clip_global_norm is None
    update = optimizer.label() if optimizer and large and alone else ""
    return Goal(batch=batch, training=True, loss=True, gradients=True, update=update)


def stream(plan: Plan) -> Plan:
    """Put the updates of `goal.update` into the plan."""
    entries = {entry.offset: entry for entry in plan.layout.updated()}
    if not plan.goal.update or plan.shards or _gradients(plan) != entries.keys():
        return plan
    out = _Streamed(plan, plan.optimizers[plan.goal.update], entries)
    first, last = plan.sections["backward"]
    for index in range(first, last):
        out.add(index, plan.calls[index])
    calls = (*plan.calls[:first], *out.calls.calls, *plan.calls[last:])
    buffers = {name: buffer for name, buffer in {**plan.buffers, **out.calls.buffers}.items() if name != "gradients"}
    sections = {**plan.sections, "backward": (first, first + len(out.calls.calls))}
    return replace(plan, calls=calls, buffers=buffers, sections=sections, updates=True)


def _gradients(plan: Plan) -> set[int]:
    """Where the tensors begin whose gradients the plan computes."""
    return {ref.offset for call in plan.calls for ref in call.writes() if ref.buffer == "gradients"}


@dataclass(frozen=True)
class _Slice:
    """A stretch of a tensor, with its own buffer for the gradient."""

    entry: Entry
    first: int
    size: int

    @property
    def gradient(self) -> Ref:
        part = f"[{self.first}:{self.first + self.size}]" if self.size < self.entry.tensor.size else ""
        return Ref(f"gradient of {self.entry.name}{part}", self.size)


class _Streamed:
    """The backward calls with the updates between them."""

    def __init__(self, plan: Plan, optimizer: Optimizer, entries: Mapping[int, Entry]) -> None:
        self._plan, self._optimizer, self._entries = plan, optimizer, entries
        self._last = _last_uses(plan)
        self._waiting: dict[int, tuple[Call, list[_Slice]]] = {}
        self.calls = Calls()

    def add(self, index: int, call: Call) -> None:
        """A backward call and the updates that may follow; what is cut into slices waits for the tensor's last reader."""
        slices = self._slices(index, call)
        if slices:
            self._waiting[self._last[slices[0].entry.offset]] = call, slices
        else:
            self._add_whole(index, call)
        for waiting, parts in [self._waiting.pop(index)] if index in self._waiting else []:
            for part in parts:
                self._put(_call_of_slice(waiting, part))
                self._update(part)

    def _add_whole(self, index: int, call: Call) -> None:
        self._put(self._renamed(call))
        touched = {ref.offset for ref in [*call.reads(), *call.writes()] if ref.buffer in ("gradients", "parameters")}
        for offset in sorted(touched & self._entries.keys()):
            if self._last[offset] == index and index not in self._waiting:
                entry = self._entries[offset]
                self._update(_Slice(entry, 0, entry.tensor.size))

    def _slices(self, index: int, call: Call) -> list[_Slice]:
        """The slices of columns of a large matrix whose gradient this call alone computes, and which nobody reads later."""
        c = call.arguments.get("c")
        if call.kernel is not contract or not isinstance(c, Ref) or c.buffer != "gradients":
            return []
        entry = self._entries[c.offset]
        rows, jobs = call.arguments["c_panel"], call.arguments["jobs"]
        assert isinstance(rows, int)
        assert isinstance(jobs, np.ndarray)
        item = element_type("float", self._plan.dtype).itemsize
        is_one_block = rows and rows * int(jobs.reshape(-1, JOB)[:, JOB_LAST_COLUMN].max()) == entry.tensor.size
        if not is_one_block or entry.tensor.size * item < 2 * SLICE_BYTES or not self._may_wait(index, call):
            return []
        columns = max(1, SLICE_BYTES // (rows * item * 4 * PANEL)) * 4 * PANEL
        total = entry.tensor.size // rows
        return [_Slice(entry, rows * n, rows * (min(n + columns, total) - n)) for n in range(0, total, columns)]

    def _may_wait(self, index: int, call: Call) -> bool:
        """Whether the calls up to the last reader of the tensor leave alone what this one reads and writes."""
        later = self._plan.calls[index + 1 : self._last[_gradient_offset(call)] + 1]
        needed = {ref.buffer for ref in call.reads() if ref.buffer != "parameters"}
        written = {ref.buffer for other in later for ref in other.writes()}
        return not needed & written and all(_gradient_offset(other) != _gradient_offset(call) for other in later)

    def _renamed(self, call: Call) -> Call:
        """The call with each gradient in a buffer of its own."""
        arguments: dict[str, ArgumentValue] = dict(call.arguments)
        for name, value in call.arguments.items():
            if isinstance(value, Ref) and value.size and value.buffer == "gradients":
                entry = self._entries[value.offset]
                arguments[name] = _Slice(entry, 0, entry.tensor.size).gradient
        return replace(call, arguments=arguments)

    def _put(self, call: Call) -> None:
        for value in call.arguments.values():
            if isinstance(value, Ref) and value.size:
                self.calls.declare(value)
        self.calls.calls.append(call)

    def _update(self, slice_: _Slice) -> None:
        entry = slice_.entry
        (group,) = (g for g in self._plan.layout.groups if g.first <= entry.offset < g.last)
        self.calls.owner, self.calls.direction = entry.layer, "update"
        first = entry.offset + slice_.first
        emit_group(self.calls, self._optimizer, group, first, slice_.gradient)


def _gradient_offset(call: Call) -> int:
    """Where the tensor begins whose gradient the call writes; −1 when it writes none."""
    return max((ref.offset for ref in call.writes() if ref.buffer == "gradients"), default=-1)


def _last_uses(plan: Plan) -> dict[int, int]:
    """The last call that writes the gradient of the tensor at an offset, or reads the tensor."""
    return {
        ref.offset: index
        for index, call in enumerate(plan.calls) for ref in [*call.reads(), *call.writes()]
        if ref.buffer in ("gradients", "parameters")
    }  # fmt: skip


def _call_of_slice(call: Call, slice_: _Slice) -> Call:
    """The jobs of `contract` that compute these columns of C, with C moved to the slice's buffer."""
    rows, table = call.arguments["c_panel"], call.arguments["jobs"]
    assert isinstance(rows, int)
    assert isinstance(table, np.ndarray)
    jobs = table.reshape(-1, JOB)
    first = slice_.first // rows
    inside = (jobs[:, JOB_FIRST_COLUMN] >= first) & (jobs[:, JOB_LAST_COLUMN] <= first + slice_.size // rows)
    chosen = jobs[inside].copy()
    chosen[:, JOB_C] -= slice_.first
    chunks = max(1, call.chunks * len(chosen) // len(jobs))
    return replace(call, arguments={**call.arguments, "jobs": chosen.reshape(-1), "c": slice_.gradient}, chunks=chunks)
