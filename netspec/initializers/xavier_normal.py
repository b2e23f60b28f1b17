"""Xavier (Glorot) initialization, normal."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats
from netspec.initializers.xavier import Xavier


class XavierNormal(Xavier):
    """Normal with mean 0 and standard deviation gain · √(2 / (fan_in + fan_out))."""

    type: Literal["xavier_normal"] = "xavier_normal"
    aliases: ClassVar[tuple[str, ...]] = ("glorot_normal",)

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        return rng.normal(0.0, self.std(fan_in, fan_out), shape)
