"""PyTorch's default for convolution and linear layers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from netspec.initializers.base import Initializer


class FanInUniform(Initializer):
    """U(−1/√fan_in, 1/√fan_in), for weights and biases alike: what torch.nn.Linear and Conv2d do.

    The same as kaiming_uniform with a = √5.
    """

    type: Literal["fan_in_uniform"] = "fan_in_uniform"

    def sample(
        self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        bound = fan_in**-0.5
        return rng.uniform(-bound, bound, shape)
