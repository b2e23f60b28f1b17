"""The program: a compiled network with its memory; what `netspec.compile` returns."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Literal

import networkx as nx
import numba
import numpy as np
from numpy.typing import NDArray

from netspec.batch import NO_LOSS, Batch, BatchForm
from netspec.freezing import stages
from netspec.lane import Lane
from netspec.layers.base import Shape, volume
from netspec.load_report import LoadError, LoadReport, match_tensors
from netspec.losses.base import Loss
from netspec.memory import Arena, Kept, aligned_zeros
from netspec.optimizers.base import Optimizer
from netspec.plan.layout import Layout
from netspec.plan.lower import SCRATCH, target_name
from netspec.plan.pipeline import make_plan, start_plan
from netspec.plan.plan import Goal, Plan
from netspec.room import check_room
from netspec.spec.model import Spec
from netspec.thread_count import checked_threads

Array = NDArray[Any]
DType = Literal["float32", "float64"]


class Program:
    """A compiled network: forward, backward, training step, and its parameters.

    Plans are made for each batch size that occurs (at most `batch_size`); all share one arena. `lanes` holds one lane for
    each optimizer of the spec, all with the same initial tensors; `forward`, `parameters`, … use the first.
    """

    def __init__(self, spec: Spec, *, batch_size: int, dtype: DType, threads: int | None, seed: int) -> None:
        self.spec, self.batch_size, self.dtype, self.seed = spec, batch_size, dtype, seed
        self._threads = checked_threads(threads)
        self.stage = 0
        """Number of the stage of [transfer] whose layers are frozen now."""
        self.since: Mapping[str, int] = {}
        """Of layers that began to learn late, the updates that were done by then."""
        self.start = self._start(0)
        self.form = BatchForm(self.start, batch_size, dtype)
        self.lock = threading.RLock()
        """Held while a lane computes: all lanes share the arena."""
        self.arena, self.kept = Arena(), Kept()
        self.is_steady = True
        """Whether inference keeps its work on weights from batch to batch; not worth the memory while they are trained."""
        self.is_loaded = False
        """Whether parameters were loaded, so that they are no longer the initial ones."""
        self._plans: dict[Goal, Plan] = {}
        check_room(self.layout.parameter_size * np.dtype(dtype).itemsize * (1 + len(self._optimizers())), 1)
        check_room(batch_size * sum(self.form.target_sizes()) * 8, batch_size)
        self.shared = {
            "gradients": aligned_zeros(self.layout.trainable_size, dtype),
            **self._target_buffers(),
            SCRATCH: aligned_zeros(0, dtype),
        }
        self.lanes = tuple(Lane(self, optimizer) for optimizer in self._optimizers())
        first, *others = (lane.store for lane in self.lanes)
        first.initialize(seed)
        for store in others:
            store.copy_tensors(first)
        for lane in self.lanes:
            lane.begin_slots()

    @property
    def graph(self) -> nx.DiGraph[str]:
        """The network: see netspec.graph."""
        return self.start.graph

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Of every layer and input."""
        return self.start.shapes

    @property
    def layout(self) -> Layout:
        """Where each tensor lies, in the stage that holds now."""
        return self.start.layout

    @property
    def frozen(self) -> frozenset[str]:
        """Layers that keep their parameters now."""
        return self.start.frozen

    def enter(self, stage: int, since: Mapping[str, int] | None = None) -> None:
        """Freeze the layers of another stage of [transfer], in place; tensors and slots keep their values.

        since: of layers that began to learn late, the updates done by then; default: those that begin now begin after
        the updates which the lanes have done. Raises ValueError for a stage that the spec does not have.
        """
        known = len(stages(self.spec, self.graph))
        if not 0 <= stage < known:
            raise ValueError(f"enter: no stage {stage}; the spec has the stages 0 … {known - 1}" if known > 1 else
                             f"enter: no stage {stage}; without unfreeze the spec has stage 0 alone")
        with self.lock:
            if any(lane.is_accumulating for lane in self.lanes):
                raise ValueError("enter: gradients of accumulate are waiting; call update first")
            done = max(lane.step for lane in self.lanes)
            self.since = self._since_now(stage, done) if since is None else dict(since)
            self.start = self._start(stage)
            self.stage, self._plans, self.kept = stage, {}, Kept()
            self.shared["gradients"] = aligned_zeros(self.layout.trainable_size, self.dtype)
            for lane in self.lanes:
                lane.lay_out()

    def _start(self, stage: int) -> Plan:
        return start_plan(
            self.spec, dtype=self.dtype, seed=self.seed, stage=stage, since=self.since, usual_batch=self.batch_size
        )

    def _since_now(self, stage: int, done: int) -> dict[str, int]:
        """Updates that were done before each layer began to learn, when layers unfrozen now begin after `done`."""
        later = stages(self.spec, self.graph)[stage].frozen
        return {**self.since, **dict.fromkeys(self.frozen - later, done)} if done else dict(self.since)

    @property
    def threads(self) -> int:
        """How many threads compute; no result depends on it."""
        return self._threads

    @threads.setter
    def threads(self, number: int) -> None:
        with self.lock:
            self._threads = checked_threads(number)
            for plan in self._plans.values():
                if self._reserve_scratch(plan):
                    self._forget_bindings()

    @property
    def parameters(self) -> dict[str, Array]:
        """Copies of the parameters by name, in PyTorch's layouts: "conv1.weight" (O, I, kH, kW), "fc.weight" (out, in)."""
        return self.lanes[0].store.parameters()

    @property
    def states(self) -> dict[str, Array]:
        """Copies of the running statistics by name: "bn1.running_mean"."""
        return self.lanes[0].store.states()

    @property
    def gradients(self) -> dict[str, Array]:
        """Gradients of the last backward or train_step, as the update saw them: clip_norm has scaled them.

        Frozen parameters, and those that the outputs or the loss do not depend on, have none.
        """
        return self.lanes[0].gradients()

    @property
    def loss(self) -> Loss:
        """The spec's loss, of several the first; ValueError when it has none."""
        return self.losses[0]

    @property
    def losses(self) -> tuple[Loss, ...]:
        """The spec's losses; ValueError when it has none."""
        if not self.start.losses:
            raise ValueError(NO_LOSS)
        return self.start.losses

    def forward(self, x: Batch, training: bool = False) -> Array | dict[str, Array]:
        """Outputs for a batch of at most batch_size samples.

        x: N, C, H, W or N, F, or a dict of them by input name; the result likewise, a dict when there are several outputs.
        training=True uses batch statistics and dropout, updates running statistics, and allows one `backward`.
        """
        with self.lock:
            self.lanes[0].forward(self.form.stored_inputs(x), training=training)
            return self.lanes[0].outputs

    def backward(self, dy: Batch) -> Array | dict[str, Array]:
        """Gradient to the inputs, given that to the outputs, after forward(x, training=True); fills `gradients`."""
        with self.lock:
            dx = self.lanes[0].backward(self.form.stored_gradients(dy, self.lanes[0].samples()))
            return next(iter(dx.values())) if len(dx) == 1 else dx

    def train_step(self, x: Batch, target: Batch) -> float:
        """One optimizer step on a batch; returns the loss before the update. The learning rate is the optimizer's.

        target: what the loss reads, or a dict by target name ("" for losses that name none).
        """
        lane = self.lanes[0]
        if lane.optimizer is None:
            raise ValueError('the spec has no optimizer; add [optimizer] with a type, for example type = "adam"')
        inputs = self.form.stored_inputs(x)
        y = self.form.stored_targets(target, inputs)
        return lane.train_step(inputs, y, lr=lane.optimizer.lr, keeps_gradients=True).mean

    def load_parameters(self, mapping: Mapping[str, Array], strict: bool = True) -> LoadReport:
        """Load parameters and statistics by name into all lanes.

        strict: everything must fit, else LoadError and nothing is loaded. Otherwise what fits is loaded, and the report
        says what did not; a load that would load nothing is an error all the same.
        """
        tensors = {**self.layout.parameters, **self.layout.states}
        report = match_tensors({name: entry.tensor.shape for name, entry in tensors.items()}, mapping)
        if strict and not report.is_complete:
            raise LoadError(report, "load with strict=False to take what fits")
        if not report.loaded and tensors:
            raise LoadError(report, "none of the names and shapes agree: is it the right file?")
        fitting = {name: np.asarray(mapping[name]) for name in report.loaded}
        self._check_range(fitting)
        for lane in self.lanes:
            lane.load_tensors(fitting)
            lane.begin_slots(fitting)
        self.is_loaded = True
        return report

    def _check_range(self, tensors: Mapping[str, Array]) -> None:
        """Numbers that the compute dtype cannot hold would become infinite."""
        largest = float(np.finfo(self.dtype).max)
        for name, array in tensors.items():
            if array.dtype == np.float64 and (np.isfinite(array) & (np.abs(array) > largest)).any():
                raise ValueError(f"{name} has numbers beyond ±{largest:.3g}, which {self.dtype} cannot hold; use float64")

    def inference_goal(self, n: int, *, loss: bool = False) -> Goal:
        """The goal of a forward pass of n samples in inference mode."""
        return Goal(batch=n, loss=loss, steady=self.is_steady)

    def plan(self, goal: Goal) -> Plan:
        """The plan for a goal, made on first use."""
        if goal not in self._plans:
            self._check_room(goal)
            plan = make_plan(self.start, goal)
            check_room(plan.arena_bytes - self.arena.bytes.size + self.kept.missing_bytes(plan), goal.batch)
            if any((self.arena.reserve(plan.arena_bytes), self._reserve_scratch(plan))):
                self._forget_bindings()
            self.kept.reserve(plan)
            self._plans[goal] = plan
        return self._plans[goal]

    def _forget_bindings(self) -> None:
        for lane in self.lanes:
            lane.forget_bindings()

    def _reserve_scratch(self, plan: Plan) -> bool:
        """Give every thread the scratch memory that the plan's kernels ask for; True when it moved."""
        wanted = plan.buffers[SCRATCH].size * self.threads if SCRATCH in plan.buffers else 0
        if wanted <= self.shared[SCRATCH].size:
            return False
        self.shared[SCRATCH] = aligned_zeros(wanted, self.dtype)
        return True

    def _optimizers(self) -> tuple[Optimizer | None, ...]:
        return self.spec.optimizers or (None,)

    def _check_room(self, goal: Goal) -> None:
        """Before a plan is made: a bound that needs no plan. However much is done in place, the largest output must fit."""
        sample = max(volume(shape) for shape in self.shapes.values()) * np.dtype(self.dtype).itemsize
        check_room(goal.batch * sample, goal.batch)

    def _target_buffers(self) -> dict[str, Array]:
        return {
            target_name(place): aligned_zeros(
                self.batch_size * size, "int64" if self.start.losses[place].target_kind == "class" else self.dtype
            )
            for place, size in enumerate(self.form.target_sizes())
        }

    def use_threads(self) -> None:
        """Let the kernels use this program's number of threads; results do not depend on it."""
        numba.set_num_threads(self.threads)

    def targets_of(self, n: int) -> list[Array]:
        """Where the targets of a batch of n samples lie, for each loss."""
        sizes = self.form.target_sizes()
        return [self.shared[target_name(place)][: n * size] for place, size in enumerate(sizes)]


def compile(
    spec: Spec,
    batch_size: int | None = None,
    dtype: DType | None = None,
    threads: int | None = None,
    seed: int | None = None,
) -> Program:
    """Compile a spec: plans, memory and initial parameters; kernels come from the disk cache, or are compiled on first use.

    batch_size: the largest batch (default: the spec's); dtype "float32" or "float64" (default: the spec's);
    threads: default all cores, and no result depends on it; seed: default the spec's.
    """
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size {batch_size}; use 1 or more")
    if dtype not in (None, "float32", "float64"):
        raise ValueError(f'dtype {dtype!r}; use "float32" or "float64"')
    return Program(
        spec,
        batch_size=spec.train.batch_size if batch_size is None else batch_size,
        dtype=dtype or spec.train.dtype,
        threads=threads,
        seed=spec.seed if seed is None else seed,
    )
