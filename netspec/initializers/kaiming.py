"""What kaiming_uniform and kaiming_normal share."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from netspec.initializers.base import Initializer, positive_fan
from netspec.initializers.gain import Nonlinearity, gain


class Kaiming(Initializer):
    """Base of the initializers with standard deviation gain / √fan.  Source: He et al. 2015, arXiv:1502.01852."""

    mode: Literal["fan_in", "fan_out"] = "fan_in"
    """Keep the variance of activations in the forward pass (fan_in) or of gradients in the backward pass (fan_out)."""
    nonlinearity: Nonlinearity = "leaky_relu"
    """What follows the layer; with a = 0 leaky_relu is ReLU."""
    a: float = Field(default=0.0, ge=0.0)
    """Negative slope of leaky_relu."""

    @model_validator(mode="after")
    def _slope_has_its_nonlinearity(self) -> Self:
        if self.a and self.nonlinearity != "leaky_relu":
            raise ValueError(
                f'a = {self.a} is the slope of leaky_relu; remove it or set nonlinearity = "leaky_relu", '
                f'not "{self.nonlinearity}"'
            )
        return self

    def std(self, fan_in: int, fan_out: int) -> float:
        """Standard deviation of the values."""
        fan = fan_in if self.mode == "fan_in" else fan_out
        return gain(self.nonlinearity, self.a) / math.sqrt(positive_fan(fan, self.mode))
