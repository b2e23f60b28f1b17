"""Cosine annealing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.schedules.base import Moment, Schedule, Unit


class Cosine(Schedule):
    """Falls from 1 to min_factor over the run along half a cosine.

    factor = min_factor + (1 − min_factor) · (1 + cos πp) / 2, p = share of the run after the warm-up that has passed.
    Like PyTorch's CosineAnnealingLR with T_max = the run.  Source: Loshchilov & Hutter 2017, arXiv:1608.03983.
    """

    type: Literal["cosine"] = "cosine"
    aliases: ClassVar[tuple[str, ...]] = ("CosineAnnealingLR", "cosine_annealing", "cosine_decay")

    min_factor: float = Field(default=0.0, ge=0.0, le=1.0)
    """Factor reached at the end of the run."""
    unit: Unit = "step"
    """How often the factor changes: at every step or once an epoch."""

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        return self.min_factor + (1.0 - self.min_factor) * (1.0 + math.cos(math.pi * moment.progress(self.unit))) / 2.0
