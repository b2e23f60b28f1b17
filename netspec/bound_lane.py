"""What a lane computes with: its arrays, and the calls of plans bound to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.batch import Batch, CutValues, Targets
from netspec.kernels.binding import BoundCalls, element_type
from netspec.kernels.calls import Call, Ref, Region
from netspec.layers.base import Shape
from netspec.loss_value import LossValue
from netspec.memory import PlanMemory, aligned_zeros, from_stored
from netspec.optimizers.base import HYPER_LR, HYPER_SCALE, HYPER_SIZE, HYPER_STEP, Optimizer
from netspec.plan.lower import LOSS_WIDTH, SCRATCH, is_target
from netspec.plan.plan import Goal, Plan
from netspec.plan.prepare import PREPARE
from netspec.plan.stream import training_goal
from netspec.plan.update import plan_update, slots_of
from netspec.store import TensorStore

if TYPE_CHECKING:
    from netspec.program import Program

PART_SHIFT = 40
"""Bits of the counter below the number of the part: room for 10¹² steps."""

Array = NDArray[Any]


class BoundLane:
    """Base of Lane: memory, bindings and what was computed last."""

    def __init__(self, program: Program, optimizer: Optimizer | None) -> None:
        self._program = program
        self.optimizer = optimizer
        self.label = optimizer.label() if optimizer else "none"
        self.step = 0
        self._hyper, self._counters = aligned_zeros(HYPER_SIZE, "float64"), aligned_zeros(1, "int64")
        self._loss = aligned_zeros(LOSS_WIDTH * max(1, len(program.start.losses)), "float64")
        self._loads = self._changes = 0
        """How often tensors were loaded, and how often a run may have changed them."""
        self._is_bound_outside = False
        """Somebody holds calls that may run without our knowing (`bind`)."""
        self._accumulated: Array | None = None
        self._accumulated_weight, self._accumulated_parts = 0.0, 0
        self._use(TensorStore(program.layout, program.dtype, program.shared["gradients"], self._slots()))

    def _slots(self) -> dict[str, float | None]:
        return slots_of(self.optimizer, self._program.layout) if self.optimizer else {}

    def _use(self, store: TensorStore) -> None:
        """Compute with these tensors from now on; nothing is bound yet."""
        program, optimizer = self._program, self.optimizer
        self.store = store
        self._outside: dict[str, Array] = {
            **store.arrays, **{name: array for name, array in program.shared.items() if is_target(name)},
            "hyper": self._hyper, "counters": self._counters, "loss": self._loss,
        }  # fmt: skip
        self._update = plan_update(optimizer, program.layout) if optimizer else None
        for buffer in self._update.buffers.values() if self._update else ():
            if buffer.name not in self._outside:
                self._outside[buffer.name] = aligned_zeros(buffer.size, element_type(buffer.element, program.dtype))
        self._bound: dict[tuple[Goal, bool], BoundCalls] = {}
        self._last: Plan | None = None
        self._differentiable = False
        """Whether the arena holds what a backward after `forward` needs."""

    def lay_out(self) -> None:
        """The program's layout is another one: tensors and slots take their new places; parameters that begin to learn
        have fresh slots. The program has seen to it that no gradients are waiting."""
        self._accumulated = None
        self._use(self.store.laid_out(self._program.layout, self._program.shared["gradients"], self._slots()))

    @property
    def is_accumulating(self) -> bool:
        """Whether gradients of `accumulate` wait for their update."""
        return self._accumulated_parts > 0

    @property
    def memory(self) -> Mapping[str, Array]:
        """The lane's buffers by name, as its calls see them: parameters, gradients, statistics, slots; not copies."""
        return self._outside

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the network's inputs."""
        return self._program.start.inputs

    @property
    def loss_shapes(self) -> tuple[Shape, ...]:
        """Shape of the output that each loss reads."""
        start = self._program.start
        return tuple(start.shapes[name] for name in start.loss_inputs)

    def samples(self) -> int:
        """Samples of the last batch."""
        return self._values("samples").goal.batch

    def forget_bindings(self) -> None:
        """The arena has moved."""
        self._bound.clear()
        self._last = None

    def bind(self, goal: Goal, x: Batch, y: Targets | None, *, lr: float = 0.0) -> BoundCalls:
        """The calls of a goal on this lane's memory, ready to run, whole or in parts: for timing.

        With gradients and an optimizer they end with its update; the lane's step does not count them.
        """
        update = goal.gradients and self.optimizer is not None
        if update:
            self._set_hyper(lr)
        self._is_bound_outside = True
        return self._bind(goal, x, y, update=update)

    def training_calls(self, n: int) -> list[Call]:
        """All calls of a training step of n samples, update included."""
        return self._with_update(self.training_plan(n))

    def _with_update(self, plan: Plan) -> list[Call]:
        return [*plan.calls, *(self._update.calls if self._update and not plan.updates else ())]

    def training_plan(self, n: int) -> Plan:
        """The plan of a training step of n samples; the update follows it, unless it is in it."""
        return self._program.plan(self._step_goal(n))

    def _step_goal(self, n: int) -> Goal:
        return training_goal(self._program.start, self.optimizer, n)

    def _training_goal(self, x: Batch) -> Goal:
        return Goal(batch=samples_of(x), training=True, loss=True, gradients=True)

    def _run(self, goal: Goal, x: Batch, y: Targets | None, *, update: bool = False) -> None:
        goal = replace(goal, prefix="given") if isinstance(x, CutValues) else goal
        self._bind(goal, x, y, update=update).run()

    def _bind(self, goal: Goal, x: Batch, y: Targets | None, *, update: bool = False) -> BoundCalls:
        """The goal's calls on this lane's memory, ready to run, with the batch in place."""
        program = self._program
        inputs = x if isinstance(x, CutValues) else program.form.named(x)
        targets = () if y is None else (y,) if isinstance(y, np.ndarray) else tuple(y)
        program.form.check_stored(inputs, targets)
        plan = program.plan(goal)
        self._last, self._differentiable = None, False
        if (goal, update) not in self._bound:
            calls: Sequence[Call] = self._with_update(plan) if update else plan.calls
            regions = [*plan.regions, *(Region(i, i + 1) for i in range(len(plan.calls), len(calls)))]
            arrays = {**self._memory(plan), **self._outside}
            prepared = plan.sections.get(PREPARE, (0, 0))[1]
            self._bound[goal, update] = BoundCalls(calls, arrays, program.dtype, regions, prepared)
        memory = self._memory(plan)
        for name in plan.inputs:
            memory[plan.value(name).buffer][:] = inputs[name].reshape(-1)
        for place, array in zip(program.targets_of(goal.batch) if targets else (), targets, strict=True):
            place[:] = array.reshape(-1)
        # Parts of one accumulated step draw different random numbers.
        self._counters[0] = self.step + (self._accumulated_parts << PART_SHIFT)
        self._last, program.arena.holder = plan, self
        program.use_threads()
        bound = self._bound[goal, update]
        self._prepare(plan, bound)
        self._changes += goal.training
        return bound

    def _prepare(self, plan: Plan, bound: BoundCalls) -> None:
        """Do the plan's work on constants, unless what it made is still true."""
        stamp = (id(self), self._loads, self._changes)
        if bound.prepared and (self._is_bound_outside or not self._program.kept.is_fresh(plan, stamp)):
            bound.prepare()
            self._program.kept.mark(plan, stamp)

    def _values(self, asked: str) -> Plan:
        """The plan whose values lie in the arena, if they are this lane's."""
        if self._last is None:
            raise ValueError(f"{asked}: nothing has been computed yet")
        if self._program.arena.holder is not self:
            raise ValueError(f"{asked}: another lane has computed since and its values took the place of these")
        return self._last

    def _memory(self, plan: Plan) -> PlanMemory:
        program = self._program
        outside = {**self._outside, SCRATCH: program.shared[SCRATCH], **program.kept.arrays}
        return PlanMemory(plan, program.arena, outside)

    @staticmethod
    def _value(plan: Plan, memory: PlanMemory, ref: Ref, name: str) -> Array:
        return from_stored(memory[ref.buffer], plan.goal.batch, plan.shapes[name])

    def _set_hyper(self, lr: float) -> None:
        if self.optimizer is None:
            raise ValueError("the spec has no optimizer; add [optimizer] with a type and lr")
        self._hyper[HYPER_LR], self._hyper[HYPER_STEP], self._hyper[HYPER_SCALE] = lr, self.step + 1, 1.0

    def _read_loss(self) -> LossValue:
        read = self._loss.reshape(-1, LOSS_WIDTH).tolist()
        return LossValue.of([
            (loss.weight * total, weight) for loss, (total, weight) in zip(self._program.losses, read, strict=True)
        ])


def samples_of(x: Batch) -> int:
    """How many samples a batch has."""
    return len(next(iter(x.values()))) if isinstance(x, Mapping) else len(x)
