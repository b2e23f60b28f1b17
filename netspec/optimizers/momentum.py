"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.optimizers.base import CAFFE, KERAS, TORCH
from netspec.optimizers.descent import Descent


class Momentum(Descent):
    """Gradient descent with momentum.

    v ← μ·v − η·g;  θ ← θ + v, v₀ = 0, μ = 0.9  (momentum_form = "torch": v ← μ·v + g;  θ ← θ − η·v)
    Keeps one number a parameter.  Source: Polyak 1964; Sutskever et al. 2013, eq. 1 and 2.
    """

    type: Literal["momentum"] = "momentum"
    aliases: ClassVar[tuple[str, ...]] = ("heavy_ball",)
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "torch": {**TORCH, "lr": 1e-3, "momentum_form": "torch"},
        "keras": {**KERAS, "lr": 0.01, "momentum_form": "velocity"},
        "caffe": {**CAFFE, "momentum_form": "velocity"},
    }

    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Share μ of the velocity that is kept."""
