"""Truncated normal distribution."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.initializers.base import Floats, Initializer


class TruncatedNormal(Initializer):
    """Normal, with values further than cutoff · std from the mean drawn again.

    `std` is that of the normal before the cut; with cutoff 2 the values have 0.880 of it. (The bounds of
    trunc_normal_ in PyTorch are absolute values; here they move with std.)
    """

    type: Literal["truncated_normal"] = "truncated_normal"
    aliases: ClassVar[tuple[str, ...]] = ("trunc_normal",)
    draws_in_order: ClassVar[bool] = False

    mean: float = 0.0
    """Middle of the values."""
    std: float = Field(gt=0.0)
    """Standard deviation before the cut."""
    cutoff: float = Field(default=2.0, ge=0.1)
    """Greatest distance from the mean, in standard deviations."""

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        values = rng.normal(size=shape)
        # Each round keeps at least 8 % of what is left (cutoff 0.1), so some hundred rounds always suffice.
        while (outside := np.abs(values) > self.cutoff).any():
            values[outside] = rng.normal(size=int(outside.sum()))
        return self.mean + self.std * values
