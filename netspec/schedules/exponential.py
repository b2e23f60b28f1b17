"""Exponential decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.schedules.base import Moment, Schedule, Unit


class Exponential(Schedule):
    """Multiplies the learning rate by gamma after every epoch (or step).

    factor = gamma^t, t whole epochs (or steps) since the start.  Like PyTorch's ExponentialLR.
    """

    type: Literal["exponential"] = "exponential"
    aliases: ClassVar[tuple[str, ...]] = ("exp", "ExponentialLR", "exponential_decay")

    gamma: float = Field(gt=0.0, le=1.0)
    """Factor per epoch (or step, see unit)."""
    unit: Unit = "epoch"
    """How often the factor applies."""

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        return self.gamma ** moment.elapsed(self.unit)
