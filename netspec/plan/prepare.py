"""Pass: work on constants comes first, and is done once where it can be.

before: all calls run each time, layer by layer; after: calls that read nothing but parameters and statistics that a run does
not change stand at the front: transformed weights, the coefficients of a normalization. Those whose tensors stay as they are
from run to run (all of them in inference, those of frozen layers in training) form the section "prepare": what they make is
kept, and they run again when somebody loads or trains the tensors. While a network is trained, its evaluation keeps nothing,
to save the memory, but makes the same calls in the same order: the bits are the same.
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
    """Move the work on constants to the front, and name what is kept by what it is made of."""
    kept = _Constants(plan, plan.rests())
    passing = _Constants(plan, not plan.goal.gradients)
    names: dict[str, str] = {}
    ready: set[str] = set()
    once: list[int] = []
    first: list[int] = []
    writers = _writers(plan.calls)
    for index, call in enumerate(plan.calls):
        reads, results = [ref for ref in call.reads() if ref.size], call.writes()
        if not reads or not all(_is_own(plan, ref, writers, index) for ref in results):
            continue
        if all(ref.buffer in names or kept.include(ref) for ref in reads):
            once.append(index)
            names |= {ref.buffer: f"{KEPT}{call.owner}.{_digest(call, names)}.{i}" for i, ref in enumerate(results)}
        elif all(ref.buffer in names or ref.buffer in ready or passing.include(ref) for ref in reads):
            first.append(index)
            ready |= {ref.buffer for ref in results}
    return _moved(plan, once, first, names) if once or first else plan


def _moved(plan: Plan, once: list[int], first: list[int], names: dict[str, str]) -> Plan:
    """The calls `once` as a section of their own, then the calls `first`, then all others."""
    moved = {*once, *first}
    calls = [
        *(replace(_renamed(plan.calls[i], names), direction=PREPARE) for i in once),
        *(_renamed(plan.calls[i], names) for i in first),
        *(_renamed(call, names) for i, call in enumerate(plan.calls) if i not in moved),
    ]
    return replace(
        plan, calls=tuple(calls), sections=_sections(plan, len(once), sorted(moved)),
        buffers=_buffers(plan.buffers.values(), names),
    )  # fmt: skip


class _Constants:
    """Which tensors a run of the plan does not change: all of them, or those of frozen layers."""

    def __init__(self, plan: Plan, whole: bool) -> None:
        self._whole, self._updated_size = whole, plan.layout.updated_size
        resting = frozenset(plan.order) if whole else plan.inference_mode & plan.frozen
        self._states = {entry.offset for entry in plan.layout.states.values() if entry.layer in resting}

    def include(self, ref: Ref) -> bool:
        if ref.buffer == "parameters":
            return self._whole or ref.offset >= self._updated_size
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


def _sections(plan: Plan, once: int, moved: list[int]) -> dict[str, tuple[int, int]]:
    gone = np.array(moved)

    def place(index: int) -> int:
        return index + int((gone >= index).sum())

    sections = {name: (place(a), place(b)) for name, (a, b) in plan.sections.items()}
    sections["forward"] = once, sections["forward"][1]
    return {PREPARE: (0, once), **sections} if once else sections


def _buffers(buffers: Iterable[Buffer], names: dict[str, str]) -> dict[str, Buffer]:
    return {
        names.get(b.name, b.name): replace(b, name=names[b.name], place="kept") if b.name in names else b for b in buffers
    }
