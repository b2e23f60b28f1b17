"""One value everywhere."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netspec.initializers.base import Floats, Initializer


class Constant(Initializer):
    """The same value everywhere."""

    type: Literal["constant"] = "constant"
    aliases: ClassVar[tuple[str, ...]] = ("fill", "const")

    value: float
    """The value."""

    def sample(self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> Floats:
        return np.full(shape, self.value)
