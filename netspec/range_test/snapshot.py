"""Everything that training changes in a program, kept to be brought back exactly; and a hash that shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.lane import Lane
from netspec.plan.lower import is_target
from netspec.program import Program

COVERED = "weights, statistics, optimizer slots, step counters, random state, data order"
"""What `digest` is taken of, in words."""
_WRITTEN_FIRST = ("gradients", "loss")
"""Buffers that every step writes before it reads them."""


class Snapshot:
    """The lanes of a program as they are now.

    netspec draws random numbers from the seed and the steps done, so these are its random state.
    """

    def __init__(self, program: Program) -> None:
        """Copies the lanes' memory. Raises ValueError while gradients of `accumulate` wait for their update."""
        waiting = [lane.label for lane in program.lanes if lane.is_accumulating]
        if waiting:
            raise ValueError(f"{waiting[0]}: gradients of accumulate are waiting; call update first")
        self._program = program
        self._steps = [lane.step for lane in program.lanes]
        self._memory = [{name: array.copy() for name, array in lasting(lane).items()} for lane in program.lanes]

    def restore(self) -> None:
        """Bring every lane back to the bit. Values of the last batch are gone: asking for them raises ValueError."""
        for lane, step, memory in zip(self._program.lanes, self._steps, self._memory, strict=True):
            for name, array in lasting(lane).items():
                array[:] = memory[name]
            lane.step = step
            lane.load_tensors({})  # what was prepared from other weights is made anew
            lane.forget_bindings()


def lasting(lane: Lane) -> Mapping[str, NDArray[Any]]:
    """The lane's buffers whose contents outlive a step, by name; not copies."""
    return {
        name: array for name, array in lane.memory.items()
        if name not in _WRITTEN_FIRST and not is_target(name)
    }  # fmt: skip


def digest(program: Program, order: bytes) -> str:
    """SHA-256 over seed, steps, and every lasting buffer of every lane, and `order`, which stands for the data."""
    found = hashlib.sha256(f"seed {program.seed}\0".encode() + order)
    for lane in program.lanes:
        found.update(f"{lane.label}\0{lane.step}\0".encode())
        for name, array in sorted(lasting(lane).items()):
            found.update(f"{name} {array.dtype.str} {array.shape}\0".encode())
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
