"""Step decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.schedules.base import Moment, Schedule, Unit


class Step(Schedule):
    """Multiplies the learning rate by gamma after every step_size epochs (or steps).

    factor = gamma^⌊t / step_size⌋, t whole epochs (or steps) since the start.  Like PyTorch's StepLR.
    """

    type: Literal["step"] = "step"
    aliases: ClassVar[tuple[str, ...]] = ("StepLR", "step_decay", "piecewise")

    step_size: int = Field(ge=1)
    """Epochs (or steps, see unit) between two drops."""
    gamma: float = Field(default=0.1, gt=0.0, le=1.0)
    """Factor of each drop."""
    unit: Unit = "epoch"
    """What step_size counts."""

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        return self.gamma ** (moment.elapsed(self.unit) // self.step_size)
