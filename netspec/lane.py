"""A lane: one optimizer with its own copy of parameters, statistics, slots and step.

The lanes of a program share its plans and the arena, so a race runs in lock step from the same initial bits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.batch import Batch, CutValues, Targets
from netspec.bound_lane import BoundLane, samples_of
from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import Call, Ref
from netspec.loss_value import LossValue
from netspec.memory import stored_copy
from netspec.plan.lower import KEPT
from netspec.plan.penalty import penalty
from netspec.plan.plan import Goal, Plan

BLOCK = 1 << 20
"""Gradients that are added up at once."""

Array = NDArray[Any]


class NonFinite(NamedTuple):
    """Where the first NaN or infinity of a step appeared."""

    layer: str
    tensor: str
    direction: str


WORKSPACES = ("workspace:", KEPT)


class Lane(BoundLane):
    """See the module; made by Program."""

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
            goal = self._training_goal(x) if keeps_gradients else self._step_goal(samples_of(x))
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
            self._run(self._program.inference_goal(samples_of(x), loss=y is not None), x, y)
            return self._read_loss() if y is not None else None

    def cut_values(self, x: Batch) -> CutValues:
        """What the frozen prefix makes of a batch: in place of x it gives `train_step` and the others the same bits."""
        with self._program.lock:
            self._run(Goal(batch=samples_of(x), prefix="only", steady=self._program.is_steady), x, None)
            plan, inputs = self._values("cut_values"), self._program.form.named(x)
            memory, start = self._memory(plan), self._program.start
            flat = {name: inputs[name] if name in inputs else memory[plan.value(name).buffer] for name in start.cut}
            n = plan.goal.batch
            return CutValues({name: stored_copy(array, n, plan.shapes[name]) for name, array in flat.items()})

    def penalty(self) -> float | None:
        """What weight decay and l2_sp add to the loss that is minimized, now; None when nothing does: see plan/penalty.py."""
        return None if self.optimizer is None else penalty(self.optimizer, self._program.layout, self.store.arrays)

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
        n = samples_of(x)
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
        goal = self._program.inference_goal(samples_of(x)) if y is None else self._training_goal(x)
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

    def reset_slots(self) -> None:
        """The optimizer's slots as before its first update."""
        self.store.reset_slots()
        self._drop_accumulated()

    def begin_slots(self, names: Collection[str] | None = None) -> None:
        """These parameters (default: all), as they are now, are those that l2_sp pulls back to."""
        self.store.begin_slots(names)

    def load_slots(self, slots: Mapping[str, Array]) -> None:
        """Overwrite the optimizer's slots."""
        self.store.load_slots(slots)
        self._drop_accumulated()

    def frozen_digest(self, layers: frozenset[str] | None = None) -> str:
        """SHA-256 over all tensors of these layers, by default of the frozen ones; "" when there are none.

        Statistics are included, except with bn = "train", which lets them follow the new data.
        """
        start = self._program.start
        wanted = start.frozen if layers is None else layers
        return self.store.digest(wanted, wanted & start.inference_mode)

    def gradients(self) -> dict[str, Array]:
        """Copies of the gradients of the last backward pass, of those parameters that it reaches."""
        plan = self._values("gradients")
        if plan.updates:
            raise ValueError(
                "gradients: train_step has used each as soon as it was there and kept none, to save memory; "
                "call lanes[0].differentiate(x, y) for the gradients of a batch"
            )
        return self.store.gradients(plan.differentiated - plan.frozen)

    def _drop_accumulated(self) -> None:
        if self._accumulated is not None:
            self._accumulated[:] = 0
        self._accumulated_weight, self._accumulated_parts = 0.0, 0

    def _first_nonfinite(self, bound: BoundCalls, plan: Plan) -> NonFinite | None:
        memory = self._memory(plan)
        for index, call in enumerate(bound.calls):
            bound.run_part(index, index + 1)
            unfinished = _written_next(bound.calls, index)
            for ref in call.writes():
                # A call may write a part of a buffer, beside what others left there.
                if ref.buffer.startswith(WORKSPACES) or ref.buffer in unfinished:
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


def _written_next(calls: Sequence[Call], index: int) -> set[str]:
    """Buffers that the same layer goes on writing in the calls that follow: a transposed convolution writes each in parts."""
    one, found = calls[index], set[str]()
    for call in calls[index + 1 :]:
        if (call.owner, call.direction) != (one.owner, one.direction):
            break
        found |= {ref.buffer for ref in call.writes()}
    return found
