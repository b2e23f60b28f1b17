"""What xavier_uniform and xavier_normal share."""

from __future__ import annotations

import math

from pydantic import Field

from netspec.initializers.base import Initializer, positive_fan


class Xavier(Initializer):
    """Base of the initializers with standard deviation gain · √(2 / (fan_in + fan_out)).

    Source: Glorot & Bengio 2010, AISTATS, PMLR 9:249.
    """

    gain: float = Field(default=1.0, gt=0.0)
    """Factor on the standard deviation; 5/3 before tanh, √2 before ReLU."""

    def std(self, fan_in: int, fan_out: int) -> float:
        """Standard deviation of the values."""
        return self.gain * math.sqrt(2.0 / (positive_fan(fan_in, "fan_in") + positive_fan(fan_out, "fan_out")))
