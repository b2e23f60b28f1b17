"""Everything that a program will call, compiled or loaded before its first step."""

from __future__ import annotations

from dataclasses import replace

from netspec.kernels.abi import Kernel
from netspec.kernels.binding import BoundCalls
from netspec.kernels.pool import Progress, compile_all
from netspec.later_stages import later_calls
from netspec.plan.plan import Goal
from netspec.program import Program


def warm(program: Program, progress: Progress | None = None) -> list[str]:
    """Compile (or load) every kernel that training in all stages, evaluation and prediction call; returns their names.

    progress is told of what has to be compiled; of nothing when the disk cache has all.
    """
    kernels = _kernels(program)
    missing = [kernel for kernel in kernels.values() if not kernel.is_compiled(program.dtype)]
    if missing:
        compile_all(missing, program.dtype, progress)
    for kernel in kernels.values():
        kernel.address(program.dtype)
    program.use_threads()
    BoundCalls([], {}, program.dtype).run()
    return list(kernels)


def _kernels(program: Program) -> dict[str, Kernel]:
    n = program.batch_size
    calls = [*program.plan(program.inference_goal(n)).calls]
    if program.start.losses:
        calls += program.plan(program.inference_goal(n, loss=True)).calls
        for lane in program.lanes:
            calls += lane.training_calls(n)
        if program.start.cut:  # copies that the whole does without
            step = Goal(batch=n, training=True, loss=True, gradients=True)
            parts = replace(program.inference_goal(n), prefix="only"), replace(step, prefix="given")
            calls += [call for goal in parts for call in program.plan(goal).calls]
        calls += later_calls(program.spec, batch=n, dtype=program.dtype, seed=program.seed)
    return {f"{call.kernel.module}.{call.kernel.name}": call.kernel for call in calls}
