"""Decay at chosen milestones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from netspec.schedules.base import Moment, Schedule, Unit


class MultiStep(Schedule):
    """Multiplies the learning rate by gamma at each milestone.

    factor = gamma^(number of milestones ≤ t), t whole epochs (or steps) since the start.  Like PyTorch's MultiStepLR.
    """

    type: Literal["multistep"] = "multistep"
    aliases: ClassVar[tuple[str, ...]] = ("MultiStepLR", "multi_step", "piecewise_constant")

    milestones: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    """Epochs (or steps, see unit) from which the next drop holds, counted from 0, each greater than the one before."""
    gamma: float = Field(default=0.1, gt=0.0, le=1.0)
    """Factor of each drop."""
    unit: Unit = "epoch"
    """What the milestones count."""

    @field_validator("milestones")
    @classmethod
    def _rise(cls, milestones: tuple[int, ...]) -> tuple[int, ...]:
        if list(milestones) != sorted(set(milestones)):
            raise ValueError(f"{list(milestones)} do not rise; give each milestone once, in ascending order")
        return milestones

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        return self.gamma ** bisect_right(self.milestones, moment.elapsed(self.unit))
