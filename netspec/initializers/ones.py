"""All ones."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats, Initializer


class Ones(Initializer):
    """1 everywhere: for the scale of a normalization."""

    type: Literal["ones"] = "ones"
    aliases: ClassVar[tuple[str, ...]] = ("one",)

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        return np.ones(shape)
