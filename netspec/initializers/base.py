"""What every initializer is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.registry import Plugin


class Initializer(Plugin):
    """Base of all initializers."""

    def sample(
        self, shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Initial values of a tensor of PyTorch's shape."""
        raise NotImplementedError
