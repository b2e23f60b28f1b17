"""What single layers of a network give for a batch, with a lane's tensors as they are.

The program's own plans share memory between values and leave out what nobody reads; a probe has plans of its own in which
the wanted values are outputs, and memory of its own, so that nothing of the program's moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.batch import Batch
from netspec.kernels.binding import BoundCalls
from netspec.lane import Lane
from netspec.memory import Arena, Kept, PlanMemory, aligned_zeros, from_stored
from netspec.plan.lower import SCRATCH
from netspec.plan.pipeline import make_plan
from netspec.plan.plan import Goal, Plan
from netspec.plan.prepare import PREPARE
from netspec.program import Program
from netspec.room import check_room

Array = NDArray[Any]


class Probe:
    """Values of some layers of a program, in inference mode; changes nothing in the program or its lanes."""

    def __init__(self, program: Program, layers: Sequence[str]) -> None:
        """Raises ValueError for a name that is no layer or input of the network."""
        for name in layers:
            if name not in program.shapes:
                raise ValueError(f"{name}: no layer of this network; its layers are {', '.join(program.shapes)}")
        self.layers = tuple(dict.fromkeys(layers))
        self._program = program
        self._begin()

    def _begin(self) -> None:
        """No plans yet, for tensors where they lie in the program's stage of [transfer]."""
        program = self._program
        self._made_for = program.start
        inputs = program.start.inputs
        wanted = dict.fromkeys((*(name for name in self.layers if name not in inputs), *program.start.outputs))
        self._start = replace(program.start, outputs=tuple(wanted), losses=(), loss_inputs=())
        self._arena, self._kept = Arena(), Kept()
        self._scratch = aligned_zeros(0, program.dtype)
        self._plans: dict[int, Plan] = {}

    def values(self, lane: Lane, x: Batch) -> dict[str, Array]:
        """Layer → its output for the batch, in the users' layout, copied. x: stored layout, in the compute dtype."""
        shapes = self._program.shapes
        return {
            name: from_stored(array.reshape(-1), len(array), shapes[name])
            for name, array in self.stored_values(lane, x).items()
        }

    def stored_values(self, lane: Lane, x: Batch) -> dict[str, Array]:
        """The same as (n, H, W, C) or (n, F) where they lie: the next call writes over them."""
        program = self._program
        inputs = program.form.named(x)
        n = program.form.check_stored(inputs, ())
        with program.lock:
            plan = self._plan(n)
            memory = PlanMemory(plan, self._arena, {**lane.memory, SCRATCH: self._scratch, **self._kept.arrays})
            program.use_threads()
            bound = BoundCalls(plan.calls, memory, program.dtype, plan.regions, plan.sections.get(PREPARE, (0, 0))[1])
            for name, array in inputs.items():
                memory[plan.value(name).buffer][:] = array.reshape(-1)
            bound.prepare()
            bound.run()
        given = {name: np.asarray(inputs[name]).reshape(-1) for name in self.layers if name in inputs}
        return {
            name: _stored(given.get(name, memory[plan.value(name).buffer]), n, plan.shapes[name])
            for name in self.layers
        }  # fmt: skip

    def _plan(self, n: int) -> Plan:
        if self._made_for is not self._program.start:
            self._begin()  # another stage: every tensor has moved to another place
        if n not in self._plans:
            plan = make_plan(self._start, Goal(batch=n, steady=False))
            check_room(plan.arena_bytes - self._arena.bytes.size + self._kept.missing_bytes(plan), n)
            self._arena.reserve(plan.arena_bytes)
            self._kept.reserve(plan)
            wanted = plan.buffers[SCRATCH].size * self._program.threads if SCRATCH in plan.buffers else 0
            if wanted > self._scratch.size:
                self._scratch = aligned_zeros(wanted, self._program.dtype)
            self._plans[n] = plan
        return self._plans[n]


def _stored(flat: Array, n: int, shape: tuple[int, ...]) -> Array:
    """n samples at the start of a flat stored array; shape: the users'."""
    stored = (*shape[1:], shape[0]) if len(shape) == 3 else shape
    return flat[: n * math.prod(shape)].reshape(n, *stored)
