"""Losses of two parameters that one can see: what optimizers meet in networks, in a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """z = f(x, y) with its gradient; x and y may be arrays.

    bounds: (left, right, bottom, top) of the picture. minima: where f is least, or locally so. rates: type of optimizer →
    a learning rate with which it gets along here; values chosen by trying.
    """

    title: str
    formula: str
    told: str
    function: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    start: tuple[float, float]
    bounds: tuple[float, float, float, float]
    minima: tuple[tuple[float, float], ...]
    rates: Mapping[str, float]

    def grid(self, columns: int, rows: int) -> Array:
        """f on the picture, (rows, columns), from the lower left corner on."""
        left, right, bottom, top = self.bounds
        x, y = np.meshgrid(np.linspace(left, right, columns), np.linspace(bottom, top, rows))
        return np.asarray(self.function(x, y), np.float64)


def _rosenbrock(x: Any, y: Any) -> tuple[Any, Any]:
    return -2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)


def _beale(x: Any, y: Any) -> tuple[Any, Any]:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    dx = 2 * a * (y - 1) + 2 * b * (y**2 - 1) + 2 * c * (y**3 - 1)
    dy = 2 * a * x + 4 * b * x * y + 6 * c * x * y**2
    return dx, dy


SURFACES: Mapping[str, Surface] = {
    "ravine": Surface(
        "Ravine", "f = x² / 20 + y²", "Steep across, flat along: the gradient hardly points to the minimum.",
        lambda x, y: x * x / 20 + y * y, lambda x, y: (x / 10, 2 * y),
        (-7.0, 2.0), (-10.0, 10.0, -4.0, 4.0), ((0.0, 0.0),),
        {"sgd": 0.9, "momentum": 0.1, "nesterov": 0.1, "adagrad": 1.5, "rmsprop": 0.1, "adam": 0.3, "adamw": 0.3},
    ),
    "saddle": Surface(
        "Saddle", "f = x² − y² + y⁴ / 4", "Down to a point that is a minimum one way only; the way out begins flat.",
        lambda x, y: x * x - y * y + y**4 / 4, lambda x, y: (2 * x, -2 * y + y**3),
        (-1.8, 0.01), (-2.4, 2.4, -2.0, 2.0), ((0.0, -(2**0.5)), (0.0, 2**0.5)),
        {"sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adagrad": 0.3, "rmsprop": 0.02, "adam": 0.05, "adamw": 0.05},
    ),
    "rosenbrock": Surface(
        "Rosenbrock", "f = (1 − x)² + 100 (y − x²)²", "A curved valley that is found at once and followed slowly.",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2, _rosenbrock,
        (-0.6, 2.5), (-2.0, 2.0, -1.0, 3.0), ((1.0, 1.0),),
        {"sgd": 1e-3, "momentum": 5e-4, "nesterov": 1e-3, "adagrad": 0.9, "rmsprop": 0.1, "adam": 0.3, "adamw": 0.3},
    ),
    "beale": Surface(
        "Beale", "f = (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
        "Flat around the minimum, with steep walls at the corners.",
        lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2, _beale,
        (1.0, 1.5), (-1.0, 4.2, -1.5, 2.0), ((3.0, 0.5),),
        {"sgd": 0.01, "momentum": 0.002, "nesterov": 0.002, "adagrad": 0.5, "rmsprop": 0.02, "adam": 0.1, "adamw": 0.1},
    ),
}  # fmt: skip
