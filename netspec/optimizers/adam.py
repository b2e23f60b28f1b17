"""Adam: steps by bias-corrected moving averages of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from netspec.optimizers.base import CAFFE, KERAS, TORCH
from netspec.optimizers.moments import Moments


class Adam(Moments):
    """Adam: steps by bias-corrected moving averages of the gradient and of its square.

    m ← β₁·m + (1−β₁)·g;  v ← β₂·v + (1−β₂)·g²;  m̂ = m / (1−β₁ᵗ);  v̂ = v / (1−β₂ᵗ)  in its update t = 1, 2, …
    θ ← θ − η·m̂ / (√v̂ + ε), β = (0.9, 0.999), ε = 1e-8, η = 0.001
    (eps_hat = true: θ ← θ − η·√(1−β₂ᵗ) / (1−β₁ᵗ) · m / (√v + ε))
    Keeps two numbers a parameter.  Source: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1; ε̂: end of §2.
    """

    usual_lr: ClassVar[float] = 0.001
    type: Literal["adam"] = "adam"
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "torch": {**TORCH, "lr": 1e-3, "eps": 1e-8, "eps_hat": False},
        "keras": {**KERAS, "lr": 1e-3, "eps": 1e-7, "eps_hat": True},
        "caffe": {**CAFFE, "eps": 1e-8, "eps_hat": True},
    }
