"""Kaiming (He) initialization, uniform."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats
from netspec.initializers.kaiming import Kaiming


class KaimingUniform(Kaiming):
    """Uniform in ±√3 · gain / √fan, which has standard deviation gain / √fan.

    With nonlinearity leaky_relu and a = √5 it is U(±1/√fan_in), the weights that PyTorch gives Linear and Conv layers;
    `fan_in_uniform` says that directly.
    """

    type: Literal["kaiming_uniform"] = "kaiming_uniform"
    aliases: ClassVar[tuple[str, ...]] = ("he_uniform", "msra_uniform")

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        bound = math.sqrt(3.0) * self.std(fan_in, fan_out)
        return rng.uniform(-bound, bound, shape)
