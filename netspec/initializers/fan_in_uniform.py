"""What PyTorch gives its Linear and Conv layers."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats, Initializer, positive_fan


class FanInUniform(Initializer):
    """Uniform in ±1/√fan_in: the default of PyTorch for the weights and the biases of its Linear and Conv layers.

    PyTorch writes it as kaiming_uniform with a = √5 for the weight; a bias takes the fan_in of its weight.
    """

    type: Literal["fan_in_uniform"] = "fan_in_uniform"
    aliases: ClassVar[tuple[str, ...]] = ("torch_default", "default", "lecun_uniform")

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        bound = 1.0 / math.sqrt(positive_fan(fan_in, "fan_in"))
        return rng.uniform(-bound, bound, shape)
