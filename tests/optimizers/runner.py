"""Runs one optimizer alone on one group of parameters, compiled as in training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.binding import BoundCalls
from netspec.optimizers.base import HYPER_LR, HYPER_SCALE, HYPER_SIZE, HYPER_STEP, Optimizer
from tests.kit.bench import Recorder

Array = NDArray[Any]
Gradient = Callable[[Array, int], Array]
"""(θ, step from 0) → g."""


class Lane:
    """Parameters, their slots and the bound update of one optimizer."""

    def __init__(
        self, optimizer: Optimizer, start: Array, dtype: str = "float64", *,
        lr_mult: float = 1.0, weight_decay: float | None = None, l1: float = 0.0, l2: float = 0.0,
        scale: float = 1.0, parts: int = 1,
    ) -> None:
        io = Recorder(dtype, 1)
        io.chunks = lambda items, cost, **_: min(items, parts)
        io.p, io.g = io.add("p", start), io.empty("g", start.size)
        io.slots = {name: io.add(name, np.full(start.size, value)) for name, value in optimizer.slots().items()}
        io.hyper = io.add("hyper", np.zeros(HYPER_SIZE), "double")
        io.lr_mult, io.l1, io.l2, io.since = lr_mult, l1, l2, 0
        io.weight_decay = optimizer.weight_decay if weight_decay is None else weight_decay
        optimizer.emit(io)
        self.calls = BoundCalls(io.calls, io.memory, dtype)
        self.memory: Mapping[str, Array] = io.memory
        self.hyper = io.memory["hyper"]
        self.hyper[[HYPER_LR, HYPER_SCALE]] = optimizer.lr, scale

    @property
    def p(self) -> Array:
        return self.memory["p"]

    def step(self, gradient: Array, lr: float | None = None) -> Array:
        """One update; the parameters after it."""
        self.hyper[HYPER_STEP] += 1
        if lr is not None:
            self.hyper[HYPER_LR] = lr
        self.memory["g"][:] = gradient
        self.calls.run()
        return self.p.copy()


def landscape(size: int = 13, seed: int = 0) -> tuple[Array, Gradient]:
    """A start and the noisy gradient of a bumpy bowl: f(θ) = ½ θᵀAθ + Σ b·cos(3θ + c) + noiseₜ·θ, A positive definite.

    The noise, as of batches, keeps the mean squares away from 0. Without it RMSprop's step grows near a minimum until
    its path is chaotic: PyTorch's own, from a start moved by one rounding error, is 1e-3 away after some 200 steps.
    """
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((size, size)) / np.sqrt(size)
    matrix = root @ root.T + 0.05 * np.eye(size)
    height, phase = rng.uniform(0.1, 0.4, size), rng.uniform(0, 6, size)
    noise = rng.standard_normal((100, size))

    def gradient(p: Array, step: int) -> Array:
        return matrix @ p - 3 * height * np.sin(3 * p + phase) + noise[step % 100]

    return 2 * rng.standard_normal(size), gradient


def dialect(cls: type[Optimizer], name: str, **keys: Any) -> Optimizer:
    """An optimizer with the defaults of another framework."""
    return cls(**{**cls.dialects.get(name, {}), **keys})
