"""Xavier (Glorot) initialization, uniform."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats
from netspec.initializers.xavier import Xavier


class XavierUniform(Xavier):
    """Uniform in ±gain · √(6 / (fan_in + fan_out))."""

    type: Literal["xavier_uniform"] = "xavier_uniform"
    aliases: ClassVar[tuple[str, ...]] = ("glorot_uniform", "xavier", "glorot")

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        bound = math.sqrt(3.0) * self.std(fan_in, fan_out)
        return rng.uniform(-bound, bound, shape)
