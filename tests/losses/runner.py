"""Runs one loss alone and gives what the trainer sees: sum, weight and gradient; with any number of chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.losses.base import Loss
from tests.kit.bench import Recorder, from_stored, to_stored

Array = NDArray[Any]


@dataclass
class Chunked(Recorder):
    """A recorder that cuts every call into the same number of chunks, as far as there are items."""

    parts: int = 3

    def chunks(self, items: int, cost: float, *, by_sample: bool = False) -> int:
        return min(items, self.parts)


def measure(
    loss: Loss, x: Array, target: Array, dtype: str = "float64", parts: int = 3
) -> tuple[float, float, Array]:
    """Sum and weight of the batch, and the gradient in the users' layout."""
    io = Chunked(dtype, x.shape[0], parts=parts)
    io.x, io.x_shape = io.add("x", to_stored(x)), tuple(x.shape[1:])  # type: ignore[attr-defined]
    dense = loss.target_kind != "class"
    io.target = io.add("target", to_stored(target) if dense else target, "float" if dense else "int")
    io.value, io.dx = io.empty("value", 2, "double"), io.empty("dx", x.size)
    loss.emit(io)  # type: ignore[arg-type]
    io.run()
    total, weight = io.memory["value"]
    return total, weight, from_stored(io.memory["dx"], x.shape[0], x.shape[1:])


def central_differences(loss: Loss, x: Array, target: Array, step: float = 1e-5) -> Array:
    """Gradient of weight · sum / Σweights by (f(x+h) − f(x−h)) / 2h, one element at a time."""
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        ends = []
        for side in (step, -step):
            moved = x.copy()
            moved[i] += side
            total, weight, _ = measure(loss, moved, target)
            ends.append(loss.weight * total / weight)
        gradient[i] = (ends[0] - ends[1]) / (2 * step)
    return gradient
