"""RMSprop: each parameter's step is divided by the root mean square of its recent gradients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import Doubles, In, InOut, Ints, cast, kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.constants import LEAST_EPS, double
from netspec.optimizers.base import CAFFE, KERAS, TORCH, Optimizer, UpdateIo
from netspec.optimizers.update import OWN, common_settings, decayed, emit_update

ALPHA, REST, INSIDE, OUTSIDE, MOMENTUM = OWN, OWN + 1, OWN + 2, OWN + 3, OWN + 4
"""Places in the settings: α, 1 − α, ε inside the root, ε outside, μ."""


@kernel
def rmsprop_update(
    chunk: int, chunks: int, p: InOut, g: In, square_avg: InOut, grad_avg: InOut, momentum_buffer: InOut,
    hyper: Doubles, settings: Ints, n: int, centered: int, with_momentum: int, torch: int,
) -> None:
    first, last = span(chunk, chunks, n)
    p, g, s = p[first:last], g[first:last], square_avg[first:last]
    a, v = grad_avg[first:last], momentum_buffer[first:last]
    lr, scale, clip, l2, l1, shrink = common_settings(p, hyper, settings)
    alpha, rest = cast(p, double(settings, ALPHA)), cast(p, double(settings, REST))
    inside, outside = cast(p, double(settings, INSIDE)), cast(p, double(settings, OUTSIDE))
    mu = cast(p, double(settings, MOMENTUM))
    # velocity: v ← μv + η·x/d, θ ← θ − v;  torch: v ← μv + x/d, θ ← θ − η·v;  without momentum the same, v forgotten
    into_v, into_p = cast(p, 1.0 if torch else lr), cast(p, lr if torch else 1.0)
    for i in range(p.size):
        x = decayed(g[i] * scale, p[i], clip, l2, l1)
        square = alpha * s[i] + rest * (x * x)
        s[i] = square
        if centered:
            mean = alpha * a[i] + rest * x
            a[i] = mean
            square = square - mean * mean
            square = cast(p, 0) if square < 0 else square  # a variance, but for rounding
        move = into_v * x / (math.sqrt(square + inside) + outside)
        if with_momentum:
            move = mu * v[i] + move
            v[i] = move
        p[i] = p[i] - shrink * p[i] - into_p * move


class RMSprop(Optimizer):
    """RMSprop: each parameter's step is divided by the root mean square of its recent gradients.

    S ← α·S + (1−α)·g²;  θ ← θ − η·g / √(S + ε), S₀ = 0, α = 0.9, ε = 1e-8  (eps_inside_root = false: η·g / (√S + ε))
    centered: A ← α·A + (1−α)·g, and S − A² in place of S under the root
    momentum μ > 0: v ← μ·v + η·g / √…;  θ ← θ − v  (momentum_form = "torch": η multiplies v, not g)
    Keeps one to three numbers a parameter.  Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013,
    arXiv:1308.0850, eq. 38 to 41.
    """

    usual_lr: ClassVar[float] = 0.001
    type: Literal["rmsprop"] = "rmsprop"
    update_cost: ClassVar[float] = 1.0
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "torch": {
            **TORCH, "lr": 0.01, "alpha": 0.99, "eps": 1e-8, "eps_inside_root": False, "momentum_form": "torch"},
        "keras": {
            **KERAS, "lr": 1e-3, "alpha": 0.9, "eps": 1e-7, "eps_inside_root": True, "momentum_form": "velocity"},
        "caffe": {**CAFFE, "alpha": 0.99, "eps": 1e-8, "eps_inside_root": False},
    }

    lr: float = Field(default=1e-3, ge=0)
    """Learning rate of parameters with lr_mult 1, before the schedule."""
    alpha: float = Field(default=0.9, ge=0, lt=1)
    """Share of the old mean square that is kept."""
    eps: float = Field(default=1e-8, ge=LEAST_EPS)
    """Keeps the divisor above 0."""
    eps_inside_root: bool = True
    """√(S + ε), or √S + ε."""
    centered: bool = False
    """Divide by the standard deviation of the gradients in place of their root mean square."""
    momentum: float = Field(default=0.0, ge=0, lt=1)
    """Share μ of the velocity that is kept; 0: no velocity is stored."""
    momentum_form: Literal["velocity", "torch"] = "velocity"
    """velocity: η multiplies what enters the velocity; torch: what leaves it. They differ once η changes."""

    def slots(self) -> dict[str, float]:
        slots = {"square_avg": 0.0}
        if self.centered:
            slots["grad_avg"] = 0.0
        if self.momentum > 0:
            slots["momentum_buffer"] = 0.0
        return slots

    def emit(self, io: UpdateIo) -> None:
        eps = (self.eps, 0.0) if self.eps_inside_root else (0.0, self.eps)
        nothing = Ref(io.slots["square_avg"].buffer, 0)
        emit_update(
            self, io, rmsprop_update, [self.alpha, 1 - self.alpha, *eps, self.momentum],
            square_avg=io.slots["square_avg"], grad_avg=io.slots.get("grad_avg", nothing),
            momentum_buffer=io.slots.get("momentum_buffer", nothing), centered=int(self.centered),
            with_momentum=int(self.momentum > 0), torch=int(self.momentum_form == "torch"),
        )
