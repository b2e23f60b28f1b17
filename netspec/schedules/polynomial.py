"""Polynomial decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.schedules.base import Moment, Schedule, Unit


class Polynomial(Schedule):
    """Falls from 1 to end_factor over the run as a power of the time left; power 1 is a straight line.

    factor = end_factor + (1 − end_factor) · (1 − p)^power, p = share of the run after the warm-up that has passed.
    With end_factor 0 like PyTorch's PolynomialLR over the whole run.
    """

    type: Literal["polynomial"] = "polynomial"
    aliases: ClassVar[tuple[str, ...]] = ("poly", "PolynomialLR", "polynomial_decay", "linear")

    power: float = Field(default=1.0, gt=0.0)
    """Exponent of the time left."""
    end_factor: float = Field(default=0.0, ge=0.0)
    """Factor reached at the end of the run."""
    unit: Unit = "step"
    """How often the factor changes: at every step or once an epoch."""

    def shape(self, moment: Moment, state: Mapping[str, Any] | None) -> float:
        left = 1.0 - moment.progress(self.unit)
        return self.end_factor + (1.0 - self.end_factor) * float(left**self.power)
