"""Decay when a monitored quantity stops getting better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from netspec.metrics.monitor import direction_of
from netspec.schedules.base import Moment, Schedule, State


class Plateau(Schedule):
    """Multiplies the learning rate by gamma when the monitored value has not got better for a while.

    The drop comes at the first validation after `patience` validations in a row without a better value. A value is
    better when it beats the best so far by more than min_delta (absolute); NaN and infinite values never are. The
    `cooldown` validations after a drop are not counted.  Like PyTorch's ReduceLROnPlateau with threshold_mode="abs";
    Keras drops one validation earlier.
    state: {"best": number or None, "bad": int, "cooldown": int, "factor": number}
    """

    type: Literal["plateau"] = "plateau"
    aliases: ClassVar[tuple[str, ...]] = ("ReduceLROnPlateau", "reduce_lr_on_plateau", "reduce_on_plateau")

    monitor: str = "val_loss"
    """What to watch: val_loss or a metric, such as val_accuracy."""
    mode: Literal["auto", "min", "max"] = "auto"
    """Whether smaller or greater is better; auto knows the losses and the metrics of netspec."""
    gamma: float = Field(default=0.1, gt=0.0, lt=1.0)
    """Factor of each drop."""
    patience: int = Field(default=10, ge=0)
    """Validations without a better value that are endured; the next one brings the drop."""
    min_delta: float = Field(default=1e-4, ge=0.0)
    """By how much a value must beat the best one to be better, in units of the monitored quantity."""
    cooldown: int = Field(default=0, ge=0)
    """Validations after a drop that are not counted."""
    min_factor: float = Field(default=0.0, ge=0.0, le=1.0)
    """The factor never falls below this."""

    @model_validator(mode="after")
    def _knows_its_direction(self) -> Self:
        if self.mode == "auto" and direction_of(self.monitor) is None:
            raise ValueError(f'monitor {self.monitor!r} is no known loss or metric; set mode = "min" or mode = "max"')
        return self

    def monitored(self) -> str:
        return self.monitor

    def initial_state(self) -> State:
        return {"best": None, "bad": 0, "cooldown": 0, "factor": 1.0}

    def observe(self, state: Mapping[str, Any], value: float) -> State:
        if self._is_better(value, state["best"]):
            best, bad = float(value), 0
        else:
            best, bad = state["best"], state["bad"] + 1
        cooldown, factor = state["cooldown"], state["factor"]
        if cooldown > 0:
            cooldown, bad = cooldown - 1, 0
        if bad > self.patience:
            cooldown, bad, factor = self.cooldown, 0, max(factor * self.gamma, self.min_factor)
        return {"best": best, "bad": bad, "cooldown": cooldown, "factor": factor}

    def _is_better(self, value: float, best: float | None) -> bool:
        if not math.isfinite(value) or best is None:
            return math.isfinite(value)
        mode = direction_of(self.monitor) if self.mode == "auto" else self.mode
        return value < best - self.min_delta if mode == "min" else value > best + self.min_delta

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        if state is None:
            raise ValueError("schedule: plateau needs its state; pass initial_state() or what observe gave")
        return float(state["factor"])
