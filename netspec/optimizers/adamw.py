"""AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.optimizers.base import KERAS, TORCH
from netspec.optimizers.moments import Moments


class AdamW(Moments):
    """AdamW: Adam with decoupled weight decay.

    θ ← θ − η·λ·θ, λ = weight_decay = 0.01;  then Adam's update with the gradient of the loss alone.
    Keeps two numbers a parameter.  Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, with η·λ in place
    of its λ, as PyTorch.
    """

    usual_lr: ClassVar[float] = 0.001
    type: Literal["adamw"] = "adamw"
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "torch": {**TORCH, "lr": 1e-3, "eps": 1e-8, "eps_hat": False, "weight_decay": 0.01},
        "keras": {**KERAS, "lr": 1e-3, "eps": 1e-7, "eps_hat": True, "weight_decay": 0.004},
    }

    weight_decay: float = Field(default=0.01, ge=0)
    """Strength λ of the weight decay; biases and normalization parameters do not decay unless decay_bias says so."""
    weight_decay_mode: Literal["decoupled"] = "decoupled"
    """Always; for decay through the gradient use adam."""
