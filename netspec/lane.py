"""A lane: one optimizer with its own copy of parameters, statistics, slots and step.

The lanes of a program share its plans and the arena, so a race runs in lock step from the same initial bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.batch import Batch, Targets
from netspec.kernels.binding import BoundCalls, element_type
from netspec.kernels.calls import Call, Ref, Region
from netspec.layers.base import Shape
from netspec.loss_value import LossValue
from netspec.memory import PlanMemory, aligned_zeros, from_stored
from netspec.optimizers.base import HYPER_LR, HYPER_SCALE, HYPER_SIZE, HYPER_STEP, Optimizer
from netspec.plan.lower import KEPT, LOSS_WIDTH, SCRATCH, is_target
from netspec.plan.penalty import penalty
from netspec.plan.plan import Goal, Plan
from netspec.plan.prepare import PREPARE
from netspec.plan.stream import training_goal
from netspec.plan.update import plan_update
from netspec.store import TensorStore

if TYPE_CHECKING:
    from netspec.program import Program

PART_SHIFT = 40
"""Bits of the counter below the number of the part: room for 10¹² steps."""

BLOCK = 1 << 20
"""Gradients that are added up at once."""

Array = NDArray[Any]


class NonFinite(NamedTuple):
    """Where the first NaN or infinity of a step appeared."""

    layer: str
    tensor: str
    direction: str


WORKSPACES = ("workspace:", KEPT)


class Lane:
    """See the module; made by Program."""

    def __init__(self, program: Program, optimizer: Optimizer | None) -> None:
        self._program = program
        self.optimizer = optimizer
        self.label = optimizer.label() if optimizer else "none"
        self.step = 0
        slots = optimizer.slots() if optimizer else {}
        self.store = TensorStore(program.layout, program.dtype, program.shared["gradients"], slots)
        self._hyper, self._counters = aligned_zeros(HYPER_SIZE, "float64"), aligned_zeros(1, "int64")
        self._loss = aligned_zeros(LOSS_WIDTH * max(1, len(program.start.losses)), "float64")
        self._outside: dict[str, Array] = {
            **self.store.arrays, **{name: array for name, array in program.shared.items() if is_target(name)},
            "hyper": self._hyper, "counters": self._counters, "loss": self._loss,
        }  # fmt: skip
        self._update = plan_update(optimizer, program.layout) if optimizer else None
        for buffer in self._update.buffers.values() if self._update else ():
            if buffer.name not in self._outside:
                self._outside[buffer.name] = aligned_zeros(buffer.size, element_type(buffer.element, program.dtype))
        self._bound: dict[tuple[Goal, bool], BoundCalls] = {}
        self._loads = self._changes = 0
        """How often tensors were loaded, and how often a run may have changed them."""
        self._is_bound_outside = False
        """Somebody holds calls that may run without our knowing (`bind`)."""
        self._last: Plan | None = None
        self._differentiable = False
        """Whether the arena holds what a backward after `forward` needs."""
        self._accumulated: Array | None = None
        self._accumulated_weight, self._accumulated_parts = 0.0, 0

    @property
    def memory(self) -> Mapping[str, Array]:
        """The lane's buffers by name, as its calls see them: parameters, gradients, statistics, slots; not copies."""
        return self._outside

    @property
    def is_accumulating(self) -> bool:
        """Whether gradients of `accumulate` wait for their `update`."""
        return self._accumulated_parts > 0

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the network's inputs."""
        return self._program.start.inputs

    @property
    def loss_shapes(self) -> tuple[Shape, ...]:
        """Shape of the output that each loss reads."""
        start = self._program.start
        return tuple(start.shapes[name] for name in start.loss_inputs)

    def train_step(self, x: Batch, y: Targets, *, lr: float, keeps_gradients: bool = False) -> LossValue:
        """Forward, loss, backward, clipping and update in one compiled call; returns the loss before the update.

        x: stored layout (N, H, W, C), contiguous, in the compute dtype; y: for each loss int64 labels, or numbers laid
        out as x (an array alone for a single loss).
        keeps_gradients: for a look at `gradients`; otherwise large networks save the memory for them.
        """
        if self._accumulated_parts:
            raise ValueError("train_step: gradients of accumulate are waiting; call update first")
        self._set_hyper(lr)
        with self._program.lock:
            goal = self._training_goal(x) if keeps_gradients else self._step_goal(_samples(x))
            self._run(goal, x, y, update=True)
            self.step += 1
            return self._read_loss()

    def differentiate(self, x: Batch, y: Targets) -> LossValue:
        """Forward, loss and backward without an update: the gradients are those of this batch alone."""
        with self._program.lock:
            self._run(self._training_goal(x), x, y)
            return self._read_loss()

    def accumulate(self, x: Batch, y: Targets) -> LossValue:
        """Forward, loss and backward; adds the gradients to those of the next `update`, weighed as one large batch.

        Raises ValueError when the losses do not weigh alike: one sum of gradients cannot have two divisors.
        """
        with self._program.lock:  # all lanes share the gradients
            value, gradients = self.differentiate(x, y), self.store.arrays["gradients"]
            if self._accumulated is None:
                self._accumulated = np.zeros_like(gradients)
            for first in range(0, gradients.size, BLOCK):  # the product of all at once would need their memory once more
                block = slice(first, first + BLOCK)
                self._accumulated[block] += gradients[block] * gradients.dtype.type(value.weight)
            self._accumulated_weight += value.weight
            self._accumulated_parts += 1
            return value

    def update(self, *, lr: float) -> None:
        """One optimizer step with the gradients gathered by `accumulate`."""
        if self._accumulated is None or not self._accumulated_weight:
            raise ValueError("update: no gradients; call accumulate first")
        self._set_hyper(lr)
        assert self._update is not None
        with self._program.lock:
            gradients = self.store.arrays["gradients"]
            np.divide(self._accumulated, gradients.dtype.type(self._accumulated_weight), out=gradients)
            self._drop_accumulated()
            self._program.use_threads()
            BoundCalls(self._update.calls, self._outside, self._program.dtype).run()
            self.step += 1
            self._changes += 1

    def evaluate(self, x: Batch, y: Targets | None = None) -> LossValue | None:
        """Forward in inference mode, and the loss when there are targets."""
        with self._program.lock:
            self._run(self._program.inference_goal(_samples(x), loss=y is not None), x, y)
            return self._read_loss() if y is not None else None

    def penalty(self) -> float | None:
        """What weight decay adds to the loss that is minimized, now; None when nothing does: see plan/penalty.py."""
        return None if self.optimizer is None else penalty(
            self.optimizer, self._program.layout, self.store.arrays["parameters"])  # fmt: skip

    @property
    def outputs(self) -> Array | dict[str, Array]:
        """Outputs of the last batch in the users' layout; by name when there are several."""
        found = self.all_outputs()
        return next(iter(found.values())) if len(found) == 1 else found

    def all_outputs(self) -> dict[str, Array]:
        """Outputs of the last batch by name, in the users' layout."""
        plan = self._values("outputs")
        memory = self._memory(plan)
        return {name: self._value(plan, memory, plan.value(name), name) for name in plan.outputs}

    def forward(self, x: Batch, *, training: bool) -> None:
        """Forward alone; with training=True a backward may follow."""
        n = _samples(x)
        goal = Goal(batch=n, training=True, gradients=True, input_gradients=True) if training else (
            self._program.inference_goal(n))  # fmt: skip
        bound = self._bind(goal, x, None)
        bound.run_part(*self._program.plan(goal).sections["forward"])
        self._differentiable = training

    def backward(self, dy: Mapping[str, Array]) -> dict[str, Array]:
        """After forward(training=True): fills the parameters' gradients, returns those of the inputs.

        dy: by output, stored layout.
        """
        plan = self._values("backward")
        if not self._differentiable:
            raise ValueError("backward: nothing to differentiate; call forward(x, training=True) first, once for each")
        self._differentiable = False  # the backward pass reuses the memory of what it has read
        memory = self._memory(plan)
        for name, array in dy.items():
            if name in plan.differentiated:
                memory[plan.gradient(name).buffer][:] = array.reshape(-1)
        self._program.use_threads()
        self._bound[plan.goal, False].run_part(*plan.sections["backward"])
        inputs = [name for name in plan.inputs if name in plan.differentiated]
        return {name: self._value(plan, memory, plan.gradient(name), name) for name in inputs}

    def find_nonfinite(self, x: Batch, y: Targets | None) -> NonFinite | None:
        """Replay a batch call by call, without its update, and name the first tensor with a NaN or an infinity."""
        for entry in self._program.layout.parameters.values():
            if not np.isfinite(self.store.flat(entry, "parameters")).all():
                return NonFinite(entry.layer, entry.tensor.name, "parameters")
        statistics = self.store.arrays["state"].copy()
        goal = self._program.inference_goal(_samples(x)) if y is None else self._training_goal(x)
        with self._program.lock:
            try:
                return self._first_nonfinite(self._bind(goal, x, y), self._program.plan(goal))
            finally:
                self.store.arrays["state"][:] = statistics

    def tensors(self) -> dict[str, Array]:
        """Copies of all parameters and statistics, in PyTorch's names and order."""
        return {**self.store.parameters(), **self.store.states()}

    def load_tensors(self, tensors: Mapping[str, Array]) -> None:
        """Overwrite the named parameters and statistics; names and shapes have been checked."""
        self.store.load_tensors(tensors)
        self._loads += 1
        self._differentiable = False
        self._drop_accumulated()

    def slots(self) -> dict[str, Array]:
        """Copies of the optimizer's slots, "momentum/conv1.weight"."""
        return self.store.slots()

    def load_slots(self, slots: Mapping[str, Array]) -> None:
        """Overwrite the optimizer's slots."""
        self.store.load_slots(slots)
        self._drop_accumulated()

    def frozen_digest(self) -> str:
        """SHA-256 over all frozen tensors; "" when nothing is frozen.

        Statistics are included, except with bn = "train", which lets them follow the new data.
        """
        start = self._program.start
        return self.store.digest(start.frozen, start.frozen & start.inference_mode)

    def gradients(self) -> dict[str, Array]:
        """Copies of the gradients of the last backward pass, of those parameters that it reaches."""
        plan = self._values("gradients")
        if plan.updates:
            raise ValueError(
                "gradients: train_step has used each as soon as it was there and kept none, to save memory; "
                "call lanes[0].differentiate(x, y) for the gradients of a batch"
            )
        return self.store.gradients(plan.differentiated - plan.frozen)

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

    def _drop_accumulated(self) -> None:
        if self._accumulated is not None:
            self._accumulated[:] = 0
        self._accumulated_weight, self._accumulated_parts = 0.0, 0

    def _training_goal(self, x: Batch) -> Goal:
        return Goal(batch=_samples(x), training=True, loss=True, gradients=True)

    def _run(self, goal: Goal, x: Batch, y: Targets | None, *, update: bool = False) -> None:
        self._bind(goal, x, y, update=update).run()

    def _bind(self, goal: Goal, x: Batch, y: Targets | None, *, update: bool = False) -> BoundCalls:
        """The goal's calls on this lane's memory, ready to run, with the batch in place."""
        program = self._program
        inputs = program.form.named(x)
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
        for name, array in inputs.items():
            memory[plan.value(name).buffer][:] = array.reshape(-1)
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

    def _first_nonfinite(self, bound: BoundCalls, plan: Plan) -> NonFinite | None:
        memory = self._memory(plan)
        for index, call in enumerate(bound.calls):
            bound.run_part(index, index + 1)
            for ref in call.writes():
                if ref.buffer.startswith(WORKSPACES):  # a call may write a part of one, beside what others left there
                    continue
                values = memory[ref.buffer][ref.offset : ref.offset + ref.size]
                if ref.element != "int" and not np.isfinite(values).all():
                    return NonFinite(call.owner, self._tensor_name(ref), call.direction)
        return None

    def _tensor_name(self, ref: Ref) -> str:
        if ref.buffer == "gradients":
            names = {entry.offset: entry.name for entry in self._program.layout.parameters.values()}
            return f"gradient of {names[ref.offset]}"
        return ref.buffer.replace(":", " of ")


def _samples(x: Batch) -> int:
    return len(next(iter(x.values()))) if isinstance(x, Mapping) else len(x)
