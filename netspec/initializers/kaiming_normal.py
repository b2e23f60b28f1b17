"""Kaiming (He) initialization, normal."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats
from netspec.initializers.kaiming import Kaiming


class KaimingNormal(Kaiming):
    """Normal with mean 0 and standard deviation gain / √fan."""

    type: Literal["kaiming_normal"] = "kaiming_normal"
    aliases: ClassVar[tuple[str, ...]] = ("he_normal", "msra")

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        return rng.normal(0.0, self.std(fan_in, fan_out), shape)
