"""What a network needs of memory, told from its plan before anything is allocated."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from netspec.kernels.binding import element_type
from netspec.layers.base import volume
from netspec.optimizers.base import Optimizer
from netspec.plan.buffers import size_in_bytes
from netspec.plan.lower import is_target
from netspec.plan.plan import Plan
from netspec.plan.update import plan_update, slots_of

MOST_SAMPLES = 8192
"""The search for the largest batch ends here."""
Point = tuple[int, int]
"""Samples and the bytes that they need."""
STRIDE = 16
"""Most by which the search multiplies a batch while all have fit: planning large ones takes long."""


@dataclass(frozen=True)
class Forecast:
    """Bytes by purpose; a program needs all of them at once while it runs the plan."""

    parameters: int
    gradients: int
    optimizer: int
    """The optimizers' slots and the memory that their updates work in."""
    statistics: int
    arena: int
    """Activations, their gradients and workspaces, at the moment when most are needed."""
    kept: int
    """Transformed weights and coefficients that are prepared once."""
    threads: int
    """What threads have of their own."""
    batch: int
    """The samples and targets that the caller holds, and the targets' copy."""

    @property
    def peak(self) -> int:
        """All together."""
        return (
            self.parameters + self.gradients + self.optimizer + self.statistics + self.arena + self.kept + self.threads
            + self.batch
        )  # fmt: skip


def forecast(plan: Plan, optimizers: Sequence[Optimizer], threads: int, *, accumulates: bool = False) -> Forecast:
    """Memory of a program that runs this plan, with a lane for each optimizer.

    accumulates: each lane also adds up the gradients of several batches.
    """
    item = element_type("float", plan.dtype).itemsize
    layout, lanes = plan.layout, max(1, len(optimizers))
    updating = optimizers if plan.goal.gradients else ()
    slots = sum(len(slots_of(optimizer, layout)) for optimizer in updating) * layout.updated_size * item
    inputs = sum(volume(plan.shapes[name]) for name in plan.inputs) * plan.goal.batch * item
    target = sum(size_in_bytes(buffer, plan.dtype) for name, buffer in plan.buffers.items() if is_target(name))
    scratch = plan.buffers["scratch"].size * item if "scratch" in plan.buffers else 0
    return Forecast(
        parameters=lanes * layout.parameter_size * item,
        gradients=(1 + accumulates * lanes) * layout.trainable_size * item if "gradients" in plan.buffers else 0,
        optimizer=slots + sum(_workspaces(plan, optimizer) for optimizer in updating),
        statistics=lanes * layout.state_size * item,
        arena=plan.arena_bytes,
        kept=sum(size_in_bytes(buffer, plan.dtype) for buffer in plan.buffers.values() if buffer.place == "kept"),
        threads=threads * scratch,
        batch=inputs + 2 * target,
    )


def _workspaces(plan: Plan, optimizer: Optimizer) -> int:
    buffers = plan_update(optimizer, plan.layout).buffers
    own = [buffer for name, buffer in buffers.items() if name.startswith("workspace:")]
    return int(np.sum([buffer.size * element_type(buffer.element, plan.dtype).itemsize for buffer in own], dtype=np.int64))


def largest_batch(needed: Callable[[int], int], limit: int, most: int = MOST_SAMPLES) -> int:
    """A batch whose `needed(batch)` bytes stay within the limit while one sample more does not; at the utmost `most`.

    0 when not even one sample fits. Bytes are nearly linear in the batch, so lines through known points find it soon.
    """
    fits, below, above = (0, 0), (0, 0), (most + 1, 0)
    for step in itertools.count():
        if above[0] - fits[0] <= 1:
            break
        batch = _next_batch(below, fits, above, limit, halve=step % 3 == 2)
        if (found := needed(batch)) <= limit:
            below, fits = fits, (batch, found)
        else:
            above = (batch, found)
    return fits[0]


def _next_batch(below: Point, fits: Point, above: Point, limit: int, *, halve: bool) -> int:
    """The batch to try between `fits` and `above`, whose bytes are 0 as long as no batch is known to be too large.

    halve: take the middle of a bracket, so that a jump in the bytes cannot make the search crawl along it.
    """
    if not fits[0]:
        return 1
    if above[1] and halve:
        return (fits[0] + above[0]) // 2
    near, far = (fits, above) if above[1] else (below, fits)
    slope = max(far[1] - near[1], 1) / (far[0] - near[0])
    guess = fits[0] + int((limit - fits[1]) / slope)
    utmost = above[0] - 1 if above[1] else min(above[0] - 1, STRIDE * fits[0])
    return max(fits[0] + 1, min(guess, utmost))
