"""The penalty that weight decay and l2_sp minimize beside the loss, as a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.optimizers.base import Optimizer
from netspec.optimizers.l2_sp import PRETRAINED
from netspec.optimizers.update import Strengths
from netspec.plan.layout import Layout
from netspec.plan.update import strengths_of

BLOCK = 1 << 18
"""Parameters that are taken to float64 at once."""


def penalty(optimizer: Optimizer, layout: Layout, arrays: Mapping[str, NDArray[Any]]) -> float | None:
    """½·Σ λ₂·θ² + Σ λ₁·|θ| + ½·Σ α·(θ − θ⁰)² over the parameters that are updated, λ and α (that of l2_sp) as the update
    adds its gradient; in float64. arrays: a lane's flat ones.

    None where no parameter is penalized: without weight decay and l2_sp, and with decoupled decay alone, which shrinks
    the parameters beside the update and is the gradient of nothing. Frozen parameters have no part.
    """
    found = None
    for group in layout.groups:
        strengths, place = strengths_of(optimizer, group), slice(group.first, group.last)
        parameters = arrays["parameters"][place]
        if strengths.l2 or strengths.l1:  # places between two tensors hold zeros
            found = (found or 0.0) + _of(strengths, parameters)
        if group.pull:
            found = (found or 0.0) + 0.5 * group.pull * _squared_distance(parameters, arrays[f"slot:{PRETRAINED}"][place])
    return found


def _squared_distance(parameters: NDArray[Any], start: NDArray[Any]) -> float:
    total = 0.0
    for first in range(0, parameters.size, BLOCK):
        block = slice(first, first + BLOCK)
        difference = parameters[block].astype(np.float64) - start[block]
        total += float(difference @ difference)
    return total


def _of(strengths: Strengths, parameters: NDArray[Any]) -> float:
    total = 0.0
    for first in range(0, parameters.size, BLOCK):
        block = parameters[first : first + BLOCK].astype(np.float64)
        if strengths.l2:
            total += 0.5 * strengths.l2 * float(block @ block)
        if strengths.l1:
            total += strengths.l1 * float(np.abs(block).sum())
    return total
