"""Gradient descent with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.optimizers.base import CAFFE, KERAS, TORCH
from netspec.optimizers.descent import Descent


class Nesterov(Descent):
    """Gradient descent with Nesterov's momentum.

    v ← μ·v − η·g;  θ ← θ + μ·v − η·g, v₀ = 0, μ = 0.9, where θ is the point looked ahead to, at which g is taken
    (momentum_form = "torch": v ← μ·v + g;  θ ← θ − η·(g + μ·v))
    Keeps one number a parameter.  Source: Nesterov 1983; Sutskever et al. 2013, eq. 3 and 4; this form: Bengio et al.
    2012, arXiv:1212.0901, eq. 7.
    """

    type: Literal["nesterov"] = "nesterov"
    aliases: ClassVar[tuple[str, ...]] = ("nag",)
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "torch": {**TORCH, "lr": 1e-3, "momentum_form": "torch"},
        "keras": {**KERAS, "lr": 0.01, "momentum_form": "velocity"},
        "caffe": {**CAFFE, "momentum_form": "velocity"},
    }

    momentum: float = Field(default=0.9, gt=0, lt=1)
    """Share μ of the velocity that is kept."""
    nesterov: Literal[True] = True
    """Always; for a velocity without looking ahead use momentum."""
