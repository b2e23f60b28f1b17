"""What a schedule is: the factor on the optimizer's learning rate at a step.

lr(step) = optimizer.lr · lr_mult of the layer · factor(step). Steps count optimizer updates from 0 over the whole run,
so a schedule needs no memory and a resumed run continues exactly. The one kind that reacts to what was measured
(plateau) keeps its memory in a plain dict, `state`, which belongs to the caller and is stored with the checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from netspec.registry import Plugin

State = dict[str, Any]
Unit = Literal["epoch", "step"]


class Schedule(Plugin):
    """Base of all schedules."""

    warmup_steps: int = Field(default=0, ge=0)
    """Steps over which the learning rate first rises in a straight line; 0 for none. Milestones are not moved by it."""
    warmup_start: float = Field(default=0.0, ge=0.0, le=1.0)
    """Where the rise begins, as a share of the rate it reaches. The first step is already one rung above it, so no
    step has rate 0."""

    def monitored(self) -> str | None:
        """Name of the quantity that `observe` wants after each validation, or None."""
        return None

    def initial_state(self) -> State:
        """State before the first step, JSON values only."""
        return {}

    def observe(self, state: Mapping[str, Any], value: float) -> State:
        """The state after a new value of the monitored quantity. Leaves `state` as it is."""
        return dict(state)

    def factor(
        self, step: int, *, steps_per_epoch: int, total_steps: int, state: Mapping[str, Any] | None = None
    ) -> float:
        """What to multiply the optimizer's learning rate with at `step` (0 is the first update).

        `total_steps` is the length of the run; later steps keep the last value. Raises ValueError for a negative step
        or lengths below 1.
        """
        if step < 0 or steps_per_epoch < 1 or total_steps < 1:
            raise ValueError(
                f"schedule: step {step}, {steps_per_epoch} steps per epoch, {total_steps} steps in all; "
                "give step ≥ 0 and lengths ≥ 1"
            )
        return self._warmup(step) * self.shape(Moment(step, steps_per_epoch, total_steps, self.warmup_steps), state)

    def _warmup(self, step: int) -> float:
        if step >= self.warmup_steps:
            return 1.0
        return self.warmup_start + (1.0 - self.warmup_start) * (step + 1) / self.warmup_steps

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        """The factor without warm-up."""
        raise NotImplementedError


@dataclass(frozen=True)
class Moment:
    """Where a step lies in the run."""

    step: int
    steps_per_epoch: int
    total_steps: int
    warmup_steps: int

    def elapsed(self, unit: Unit) -> int:
        """Whole epochs, or steps, since the start."""
        return self.step if unit == "step" else self.step // self.steps_per_epoch

    def progress(self, unit: Unit) -> float:
        """Share of the run after the warm-up that has passed, 0 … 1.

        By the step it grows at every update, (step − warmup) / (total − warmup); by the epoch it stands still within
        an epoch. The last update of the run is one unit short of 1, as in PyTorch with T_max = the run.
        """
        stride = 1 if unit == "step" else self.steps_per_epoch
        begin = self.step - self.step % stride
        end = -(-self.total_steps // stride) * stride  # an epoch that was cut short counts as a whole one
        span = end - self.warmup_steps
        return min(max((begin - self.warmup_steps) / span, 0.0), 1.0) if span > 0 else 0.0
