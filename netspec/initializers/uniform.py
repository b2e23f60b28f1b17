"""Uniform distribution."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from netspec.initializers.base import Floats, Initializer


class Uniform(Initializer):
    """Uniform in low … high, whatever the size of the layer."""

    type: Literal["uniform"] = "uniform"
    aliases: ClassVar[tuple[str, ...]] = ("random_uniform",)

    low: float
    """Smallest value."""
    high: float
    """Bound above the greatest value."""

    @model_validator(mode="after")
    def _low_is_below_high(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}; exchange them, or use constant")
        return self

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        return rng.uniform(self.low, self.high, shape)
