"""One-cycle policy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from netspec.schedules.base import Moment, Schedule


class OneCycle(Schedule):
    """Rises to max_factor, then falls far below the start, once over the run; changes at every step.

    start = max_factor / div_factor, end = start / final_div_factor. The peak is at step pct_start · total − 1, the end
    at the last step. Between two of these points, at share q of the way from a to b:
    cosine  b + (a − b) · (1 + cos πq) / 2        linear  a + (b − a) · q
    Like the rates of PyTorch's OneCycleLR with two phases and max_lr = lr · max_factor; the momentum is left alone.
    Source: Smith & Topin 2018, arXiv:1708.07120.
    """

    type: Literal["one_cycle"] = "one_cycle"
    aliases: ClassVar[tuple[str, ...]] = ("OneCycleLR", "onecycle", "1cycle", "fit_one_cycle")

    max_factor: float = Field(default=1.0, gt=0.0)
    """Peak, as a multiple of the optimizer's learning rate."""
    pct_start: float = Field(default=0.3, ge=0.0, le=1.0)
    """Share of the run spent rising."""
    div_factor: float = Field(default=25.0, gt=0.0)
    """How many times smaller than the peak the start is."""
    final_div_factor: float = Field(default=1e4, gt=0.0)
    """How many times smaller than the start the end is."""
    anneal: Literal["cosine", "linear"] = "cosine"
    """Form of the rise and the fall."""

    @model_validator(mode="after")
    def _has_its_own_warmup(self) -> Self:
        if self.warmup_steps or self.warmup_start:
            raise ValueError("one_cycle rises by itself; remove warmup_steps and warmup_start, or set pct_start")
        return self

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        last = moment.total_steps - 1
        peak = self.pct_start * moment.total_steps - 1.0
        start = self.max_factor / self.div_factor
        step = min(moment.step, last)
        if step <= peak and peak > 0.0:
            return self._between(start, self.max_factor, step / peak)
        # A rise shorter than one step has no room: the run starts at the peak.
        top = max(peak, 0.0)
        share = (step - top) / (last - top) if last > top else 0.0
        return self._between(self.max_factor, start / self.final_div_factor, share)

    def _between(self, a: float, b: float, share: float) -> float:
        if self.anneal == "linear":
            return a + (b - a) * share
        return b + (a - b) * (1.0 + math.cos(math.pi * share)) / 2.0
