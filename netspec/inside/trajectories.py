"""The ways of optimizers over a surface, taken by the very kernels that train networks, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.initializers.zeros import Zeros
from netspec.inside.surfaces import Surface
from netspec.kernels.binding import BoundCalls, element_type
from netspec.layers.base import Parameter
from netspec.memory import aligned_zeros
from netspec.optimizers.base import HYPER_LR, HYPER_SCALE, HYPER_SIZE, HYPER_STEP, Optimizer
from netspec.plan.layout import Entry, Group, Layout
from netspec.plan.update import plan_update

Array = NDArray[np.float64]
DTYPE = "float64"
FARTHEST = 1e6
"""A walk ends where a coordinate gets larger than this: it has run away."""


class Walker:
    """One optimizer on its way; `point` is where it stands."""

    def __init__(self, optimizer: Optimizer, start: tuple[float, float]) -> None:
        layout = _layout()
        calls = plan_update(optimizer, layout)
        self.optimizer, self.step = optimizer, 0
        self._arrays: dict[str, NDArray[Any]] = {
            "parameters": aligned_zeros(2, DTYPE), "gradients": aligned_zeros(2, DTYPE),
            "hyper": aligned_zeros(HYPER_SIZE, DTYPE),
        }  # fmt: skip
        for name, value in optimizer.slots().items():
            self._arrays[f"slot:{name}"] = slot = aligned_zeros(2, DTYPE)
            slot[:] = value
        for buffer in calls.buffers.values():
            if buffer.name not in self._arrays:
                self._arrays[buffer.name] = aligned_zeros(buffer.size, element_type(buffer.element, DTYPE))
        self._bound = BoundCalls(calls.calls, self._arrays, DTYPE)
        self._arrays["parameters"][:] = start

    @property
    def point(self) -> tuple[float, float]:
        x, y = self._arrays["parameters"]
        return float(x), float(y)

    def take_step(self, surface: Surface, lr: float | None = None) -> None:
        """One update with the gradient at the point. lr: default, the optimizer's."""
        self.step += 1
        hyper = self._arrays["hyper"]
        hyper[HYPER_LR] = self.optimizer.lr if lr is None else lr
        hyper[HYPER_STEP], hyper[HYPER_SCALE] = self.step, 1.0
        self._arrays["gradients"][:] = surface.gradient(*self.point)
        self._bound.run()


def walk(optimizer: Optimizer, surface: Surface, start: tuple[float, float], steps: int) -> tuple[Array, Array]:
    """Points (steps + 1, 2), the start first, and their losses (steps + 1,); NaN from where it has run away."""
    walker = Walker(optimizer, start)
    points = np.full((steps + 1, 2), np.nan)
    points[0] = start
    for step in range(1, steps + 1):
        walker.take_step(surface)
        if not all(abs(value) <= FARTHEST for value in walker.point):
            break
        points[step] = walker.point
    return points, np.asarray(surface.function(points[:, 0], points[:, 1]), np.float64)


def _layout() -> Layout:
    """Two parameters of one layer, as an optimizer sees them."""
    entry = Entry("point", Parameter("position", (2,), Zeros()), 0)
    return Layout({entry.name: entry}, {}, (Group(0, 2, 1.0, 1.0, True),), 2, 2, 2, 0)
