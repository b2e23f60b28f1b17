"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from netspec.optimizers.base import CAFFE, KERAS, TORCH
from netspec.optimizers.descent import Descent


class SGD(Descent):
    """Stochastic gradient descent.

    θ ← θ − η·g;  with momentum μ > 0 as `momentum` does.
    Keeps nothing, or with momentum one number a parameter.  Source: Robbins & Monro 1951.
    """

    type: Literal["sgd"] = "sgd"
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "torch": {**TORCH, "lr": 1e-3, "momentum_form": "torch"},
        "keras": {**KERAS, "lr": 0.01, "momentum_form": "velocity"},
        "caffe": {**CAFFE, "momentum_form": "velocity"},
    }
