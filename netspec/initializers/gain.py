"""Gain: how much wider to draw so that the activation after the layer keeps the variance."""

from __future__ import annotations

import math
from typing import Literal

Nonlinearity = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]

_GAINS: dict[Nonlinearity, float] = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4.0,
}


def gain(nonlinearity: Nonlinearity, a: float = 0.0) -> float:
    """The gain by PyTorch's table; leaky_relu with negative slope `a` has √(2 / (1 + a²)), for a = 0 that of ReLU."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1.0 + a * a))
    return _GAINS[nonlinearity]
