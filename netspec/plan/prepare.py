"""Pass: work on constants is done once, not in every run.

before: all calls run each time; after: calls that read nothing but parameters and statistics that a run does not change
(all of them in inference, those of frozen layers in training) form the section "prepare" at the front, and what they make is
kept: transformed weights, the coefficients of a normalization. They run again when the tensors change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.plan.lower import KEPT
from netspec.plan.plan import Buffer, Plan

PREPARE = "prepare"


def prepare(plan: Plan) -> Plan:
    """Move the work on constants to the front and name its results by what they are made of."""
    constants = _Constants(plan)
    names: dict[str, str] = {}
    moved: list[int] = []
    writers = _writers(plan.calls)
    for index, call in enumerate(plan.calls):
        reads, results = [ref for ref in call.reads() if ref.size], call.writes()
        is_constant = bool(reads) and all(ref.buffer in names or constants.include(ref) for ref in reads)
        if is_constant and all(_is_own(plan, ref, writers, index) for ref in results):
            moved.append(index)
            names |= {ref.buffer: f"{KEPT}{call.owner}.{_digest(call, names)}.{i}" for i, ref in enumerate(results)}
    if not moved:
        return plan
    first = [replace(_renamed(plan.calls[i], names), direction=PREPARE) for i in moved]
    others = [_renamed(call, names) for i, call in enumerate(plan.calls) if i not in set(moved)]
    return replace(
        plan, calls=(*first, *others), sections=_sections(plan, moved), buffers=_buffers(plan.buffers.values(), names)
    )


class _Constants:
    """Which tensors a run of the plan does not change."""

    def __init__(self, plan: Plan) -> None:
        self._trains = plan.goal.gradients
        self._updated_size = plan.layout.updated_size
        resting = plan.inference_mode if plan.goal.training else frozenset(plan.order)
        self._states = {entry.offset for entry in plan.layout.states.values() if entry.layer in resting}

    def include(self, ref: Ref) -> bool:
        if ref.buffer == "parameters":
            return not self._trains or ref.offset >= self._updated_size
        return ref.buffer == "state" and ref.offset in self._states


def _writers(calls: Iterable[Call]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, call in enumerate(calls):
        for ref in call.writes():
            found.setdefault(ref.buffer, []).append(index)
    return found


def _is_own(plan: Plan, ref: Ref, writers: dict[str, list[int]], index: int) -> bool:
    """Whether only this call writes the buffer, and nobody outside looks at it."""
    place = plan.buffers[ref.buffer].place
    return place == "arena" and writers[ref.buffer] == [index] and ref.buffer not in plan.seen_outside()


def _digest(call: Call, names: dict[str, str]) -> str:
    """Equal for calls that make the same of the same tensors, so that plans can share what is kept."""
    text = [call.kernel.module, call.kernel.name, str(call.chunks)]
    for name, value in sorted(call.arguments.items()):
        if isinstance(value, np.ndarray):
            text.append(f"{name}={hashlib.sha256(value.tobytes()).hexdigest()}")
        elif isinstance(value, Ref):
            known = names.get(value.buffer, value.buffer if value.buffer in ("parameters", "state") else "")
            text.append(f"{name}={known}[{value.offset}:{value.size}]")
        else:
            text.append(f"{name}={value}")
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:12]


def _renamed(call: Call, names: dict[str, str]) -> Call:
    arguments: dict[str, ArgumentValue] = {
        key: replace(value, buffer=names[value.buffer]) if isinstance(value, Ref) and value.buffer in names else value
        for key, value in call.arguments.items()
    }
    return replace(call, arguments=arguments)


def _sections(plan: Plan, moved: list[int]) -> dict[str, tuple[int, int]]:
    gone = np.array(moved)

    def place(index: int) -> int:
        return index + int((gone >= index).sum())

    return {PREPARE: (0, len(moved)), **{name: (place(a), place(b)) for name, (a, b) in plan.sections.items()}}


def _buffers(buffers: Iterable[Buffer], names: dict[str, str]) -> dict[str, Buffer]:
    return {
        names.get(b.name, b.name): replace(b, name=names[b.name], place="kept") if b.name in names else b for b in buffers
    }
