"""Gradient descent with and without a velocity: what sgd, momentum and nesterov share."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from netspec.kernels.abi import Doubles, In, InOut, Ints, cast, kernel, span
from netspec.kernels.constants import double
from netspec.optimizers.base import Optimizer, UpdateIo
from netspec.optimizers.update import OWN, common_settings, decayed, emit_update, own_step


@kernel
def descent_update(
    chunk: int, chunks: int, p: InOut, g: In, hyper: Doubles, settings: Ints, n: int
) -> None:
    first, last = span(chunk, chunks, n)
    p, g = p[first:last], g[first:last]
    lr, scale, clip, l2, l1, shrink = common_settings(p, hyper, settings)
    rate = cast(p, lr)
    for i in range(p.size):
        x = decayed(g[i] * scale, p[i], clip, l2, l1)
        p[i] = p[i] - shrink * p[i] - rate * x


@kernel
def velocity_update(
    chunk: int, chunks: int, p: InOut, g: In, momentum_buffer: InOut, hyper: Doubles, settings: Ints, n: int,
    nesterov: int, torch: int,
) -> None:
    first, last = span(chunk, chunks, n)
    p, g, v = p[first:last], g[first:last], momentum_buffer[first:last]
    lr, scale, clip, l2, l1, shrink = common_settings(p, hyper, settings)
    mu = cast(p, double(settings, OWN))
    share = 1.0 if own_step(hyper, settings) == 1 else 1.0 - double(settings, OWN + 1)
    # velocity: v ← μv − ηg, θ ← θ + v;  torch: v ← μv + g, θ ← θ − ηv
    into_v = cast(p, share if torch else -lr * share)
    into_p = cast(p, -lr if torch else 1.0)
    for i in range(p.size):
        x = decayed(g[i] * scale, p[i], clip, l2, l1)
        moved = mu * v[i] + into_v * x
        v[i] = moved
        ahead = mu * moved + into_v * x if nesterov else moved
        p[i] = p[i] - shrink * p[i] + into_p * ahead


class Descent(Optimizer):
    """Base of sgd, momentum and nesterov, which differ in their defaults only."""

    momentum: float = Field(default=0.0, ge=0, lt=1)
    """Share μ of the velocity that is kept; 0: no velocity is stored."""
    nesterov: bool = False
    """Look ahead: move by where the velocity will be after this gradient."""
    momentum_form: Literal["velocity", "torch"] = "velocity"
    """velocity: v ← μv − ηg, θ ← θ + v; torch: v ← μv + g, θ ← θ − ηv. They differ once η changes."""
    dampening: float = Field(default=0.0, ge=0, lt=1)
    """Lets only 1 − dampening of the gradient into the velocity, from the second update of a parameter on (PyTorch)."""

    @model_validator(mode="after")
    def _combination_exists(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov looks ahead along the velocity, but momentum is 0; set momentum = 0.9")
        if self.nesterov and self.dampening > 0:
            raise ValueError(f"nesterov has no dampened form, dampening is {self.dampening}; drop one")
        if self.dampening > 0 and self.momentum == 0:
            raise ValueError(f"dampening is {self.dampening}, but momentum is 0; set momentum = 0.9")
        return self

    def slots(self) -> dict[str, float]:
        return {"momentum_buffer": 0.0} if self.momentum > 0 else {}

    def emit(self, io: UpdateIo) -> None:
        if self.momentum == 0:
            emit_update(self, io, descent_update, [])
            return
        emit_update(
            self, io, velocity_update, [self.momentum, self.dampening], momentum_buffer=io.slots["momentum_buffer"],
            nesterov=int(self.nesterov), torch=int(self.momentum_form == "torch"),
        )
