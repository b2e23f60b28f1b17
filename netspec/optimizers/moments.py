"""What adam and adamw share: steps by the moving averages of the gradient and of its square."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from pydantic import Field

from netspec.kernels.abi import Doubles, In, InOut, Ints, cast, kernel, span
from netspec.kernels.constants import LEAST_EPS, double
from netspec.optimizers.base import Optimizer, UpdateIo
from netspec.optimizers.update import OWN, common_settings, decayed, emit_update, own_step

BETA1, REST1, BETA2, REST2, EPS = OWN, OWN + 1, OWN + 2, OWN + 3, OWN + 4
"""Places in the settings: β₁, 1 − β₁, β₂, 1 − β₂, ε."""

Decay = Annotated[float, Field(ge=0, lt=1)]


@kernel
def adam_update(
    chunk: int, chunks: int, p: InOut, g: In, exp_avg: InOut, exp_avg_sq: InOut, hyper: Doubles, settings: Ints, n: int,
    eps_hat: int,
) -> None:
    first, last = span(chunk, chunks, n)
    p, g, m, v = p[first:last], g[first:last], exp_avg[first:last], exp_avg_sq[first:last]
    lr, scale, clip, l2, l1, shrink = common_settings(p, hyper, settings)
    step = own_step(hyper, settings)
    correction1 = 1.0 - double(settings, BETA1) ** step
    correction2 = math.sqrt(1.0 - double(settings, BETA2) ** step)
    rate = cast(p, lr * correction2 / correction1 if eps_hat else lr / correction1)
    into_root = cast(p, 1.0 if eps_hat else 1.0 / correction2)
    beta1, rest1 = cast(p, double(settings, BETA1)), cast(p, double(settings, REST1))
    beta2, rest2 = cast(p, double(settings, BETA2)), cast(p, double(settings, REST2))
    eps = cast(p, double(settings, EPS))
    for i in range(p.size):
        x = decayed(g[i] * scale, p[i], clip, l2, l1)
        mean, square = beta1 * m[i] + rest1 * x, beta2 * v[i] + rest2 * (x * x)
        m[i] = mean
        v[i] = square
        p[i] = p[i] - shrink * p[i] - rate * mean / (math.sqrt(square) * into_root + eps)


class Moments(Optimizer):
    """Base of adam and adamw, which differ in their weight decay only."""

    update_cost: ClassVar[float] = 1.0

    lr: float = Field(default=1e-3, ge=0)
    """Learning rate of parameters with lr_mult 1, before the schedule."""
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    """Shares β₁ of the mean and β₂ of the mean square that are kept."""
    eps: float = Field(default=1e-8, ge=LEAST_EPS)
    """Keeps the divisor above 0."""
    eps_hat: bool = False
    """Add ε to √v before the bias correction (Keras, Caffe; ε̂ in the paper) in place of √v̂ after it."""

    def slots(self) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def emit(self, io: UpdateIo) -> None:
        beta1, beta2 = self.betas
        emit_update(
            self, io, adam_update, [beta1, 1 - beta1, beta2, 1 - beta2, self.eps],
            exp_avg=io.slots["exp_avg"], exp_avg_sq=io.slots["exp_avg_sq"], eps_hat=int(self.eps_hat),
        )
