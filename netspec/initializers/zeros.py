"""All zeros."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats, Initializer


class Zeros(Initializer):
    """0 everywhere: for biases. (A weight of zeros gives all units of a layer the same gradient.)"""

    type: Literal["zeros"] = "zeros"
    aliases: ClassVar[tuple[str, ...]] = ("zero",)

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        return np.zeros(shape)
