"""The plan as text: a line for each call and each buffer; golden in the tests, `plan.txt` in an artefact."""

from __future__ import annotations

import numpy as np

from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.plan.buffers import size_in_bytes
from netspec.plan.plan import Buffer, Plan


def dump(plan: Plan) -> str:
    """All calls by section or parallel region, then all buffers with bytes, lifetime and place."""
    goal = plan.goal
    wanted = [word for word in ("training", "loss", "gradients", "input_gradients") if getattr(goal, word)]
    lines = [f"plan  batch {goal.batch}  {plan.dtype}  {' '.join(wanted) or 'inference'}", ""]
    if plan.frozen:
        lines += [f"frozen  {' '.join(sorted(plan.frozen))}", ""]
    for heading, first, last in _headings(plan):
        lines.append(heading)
        lines += [f"  {index:4d}  {describe(plan.calls[index])}" for index in range(first, last)]
        lines.append("")
    lines.append(f"arena  {plan.arena_bytes} bytes")
    arena = [buffer for buffer in plan.buffers.values() if buffer.place == "arena"]
    lines += [_buffer_line(buffer, plan.dtype) for buffer in sorted(arena, key=lambda b: (b.first, b.offset, b.name))]
    return "\n".join(lines) + "\n"


def _headings(plan: Plan) -> list[tuple[str, int, int]]:
    """What stands above which calls: parallel regions where calls share them, else sections."""
    if not plan.shards:
        return [(name, first, last) for name, (first, last) in plan.sections.items() if first < last]
    kinds = {True: f"each of {plan.shards} shards through", False: "side by side"}
    return [(f"region {i}  {kinds[r.by_sample]}", r.first, r.last) for i, r in enumerate(plan.regions)]


def describe(call: Call) -> str:
    """One call: owner, direction, kernel, chunks, arguments."""
    arguments = ", ".join(f"{name}={_argument(value)}" for name, value in call.arguments.items())
    return f"{'+'.join((call.owner, *call.absorbed)):<12} {call.direction:<8} {call.kernel.name} ×{call.chunks}  {arguments}"


def _argument(value: ArgumentValue) -> str:
    if isinstance(value, np.ndarray):
        return f"table({value.size})"
    if isinstance(value, Ref):
        return str(value) if value.size else "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _buffer_line(buffer: Buffer, dtype: str) -> str:
    size = size_in_bytes(buffer, dtype)
    taken = f"  in place of {buffer.home}" if buffer.home else ""
    return f"  {buffer.offset:>10} +{size:<10} calls {buffer.first:>3} … {buffer.last:<3}  {buffer.name}{taken}"
