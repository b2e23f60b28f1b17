"""Normal distribution."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.initializers.base import Floats, Initializer


class Normal(Initializer):
    """Normal with a given mean and standard deviation, whatever the size of the layer."""

    type: Literal["normal"] = "normal"
    aliases: ClassVar[tuple[str, ...]] = ("gaussian", "random_normal")

    mean: float = 0.0
    """Mean of the values."""
    std: float = Field(gt=0.0)
    """Standard deviation of the values. No default: the frameworks differ (1, 0.05, 0.01)."""

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        return rng.normal(self.mean, self.std, shape)
