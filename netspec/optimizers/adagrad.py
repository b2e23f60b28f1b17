"""Adagrad: each parameter's step shrinks with the gradients it has seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import Doubles, In, InOut, Ints, cast, kernel, span
from netspec.kernels.constants import LEAST_EPS, double
from netspec.optimizers.base import CAFFE, KERAS, TORCH, Optimizer, UpdateIo
from netspec.optimizers.update import OWN, common_settings, decayed, emit_update


@kernel
def adagrad_update(
    chunk: int, chunks: int, p: InOut, g: In, sums: InOut, hyper: Doubles, settings: Ints, n: int
) -> None:
    first, last = span(chunk, chunks, n)
    p, g, s = p[first:last], g[first:last], sums[first:last]
    lr, scale, clip, l2, l1, shrink = common_settings(p, hyper, settings)
    rate, inside, outside = cast(p, lr), cast(p, double(settings, OWN)), cast(p, double(settings, OWN + 1))
    for i in range(p.size):
        x = decayed(g[i] * scale, p[i], clip, l2, l1)
        total = s[i] + x * x
        s[i] = total
        p[i] = p[i] - shrink * p[i] - rate * x / (math.sqrt(total + inside) + outside)


class Adagrad(Optimizer):
    """Adagrad: each parameter's step shrinks with the gradients it has seen.

    G ← G + g²;  θ ← θ − η·g / √(G + ε), G₀ = initial_accumulator_value = 0, ε = 1e-8
    (eps_inside_root = false: η·g / (√G + ε))
    Keeps one number a parameter.  Source: Duchi, Hazan & Singer 2011, JMLR 12.
    """

    usual_lr: ClassVar[float] = 0.01
    type: Literal["adagrad"] = "adagrad"
    update_cost: ClassVar[float] = 1.0
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "torch": {**TORCH, "lr": 0.01, "eps": 1e-10, "eps_inside_root": False, "initial_accumulator_value": 0.0},
        "keras": {**KERAS, "lr": 1e-3, "eps": 1e-7, "eps_inside_root": True, "initial_accumulator_value": 0.1},
        "caffe": {**CAFFE, "eps": 1e-8, "eps_inside_root": False, "initial_accumulator_value": 0.0},
    }

    eps: float = Field(default=1e-8, ge=LEAST_EPS)
    """Keeps the divisor above 0."""
    eps_inside_root: bool = True
    """√(G + ε), or √G + ε."""
    initial_accumulator_value: float = Field(default=0.0, ge=0)
    """G before the first update."""

    def slots(self) -> dict[str, float]:
        return {"sum": self.initial_accumulator_value}

    def emit(self, io: UpdateIo) -> None:
        eps = (self.eps, 0.0) if self.eps_inside_root else (0.0, self.eps)
        emit_update(self, io, adagrad_update, eps, sums=io.slots["sum"])
