"""What all updates share: clipping by value and weight decay, inside the one pass over p, g and slots.

    g ← clip(scale · g, ±clip_value)
    l2: g ← g + λ·θ;  l1: g ← g + λ·sign(θ);  decoupled: θ ← θ − η·λ·θ before the update
    The layer's own l2 and l1 are added to those of the optimizer.

An update kernel looks like this; the slices are what lets the compiler use vector instructions (ten times faster):

    first, last = span(chunk, chunks, n)
    p, g = p[first:last], g[first:last]
    lr, scale, clip, l2, l1, shrink = common_settings(p, hyper, settings)
    for i in range(p.size):
        x = decayed(g[i] * scale, p[i], clip, l2, l1)
        p[i] = p[i] - shrink * p[i] - cast(p, lr) * x
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from netspec.kernels.abi import Doubles, InOut, Ints, Kernel, cast, inlined
from netspec.kernels.calls import ArgumentValue
from netspec.kernels.constants import double, doubles
from netspec.optimizers.base import HYPER_LR, HYPER_SCALE, HYPER_STEP, Optimizer, UpdateIo

SINCE, OWN = 5, 6
"""Where the optimizer's own numbers start in its settings, after lr_mult, clip_value, the three decays and `since`."""


class Strengths(NamedTuple):
    """λ of the three kinds of decay."""

    l2: float
    l1: float
    decoupled: float


def decay_strengths(optimizer: Optimizer, weight_decay: float, l1: float, l2: float) -> Strengths:
    """The optimizer's weight_decay by its mode, and the layer's own l1 and l2."""
    own = {optimizer.weight_decay_mode: weight_decay}
    return Strengths(l2 + own.get("l2", 0.0), l1 + own.get("l1", 0.0), own.get("decoupled", 0.0))


def emit_update(
    optimizer: Optimizer, io: UpdateIo, kernel: Kernel, own: Sequence[float], **more: ArgumentValue
) -> None:
    """Emit one pass of an update kernel; `own`: its numbers from settings[OWN] on, `more`: its slots and flags."""
    decays = decay_strengths(optimizer, io.weight_decay, io.l1, io.l2)
    clip = math.inf if optimizer.clip_value is None else optimizer.clip_value
    settings = doubles([io.lr_mult, clip, *decays, io.since, *own])
    chunks = io.chunks(io.p.size, optimizer.update_cost)
    io.call(kernel, chunks=chunks, p=io.p, g=io.g, hyper=io.hyper, settings=settings, n=io.p.size, **more)


@inlined
def common_settings(
    p: InOut, hyper: Doubles, settings: Ints
) -> tuple[float, float, float, float, float, float]:
    """Learning rate η in float64; then, in the type of p: factor of g, clip_value, λ of l2 and l1, η·λ of decoupled."""
    lr = hyper[HYPER_LR] * double(settings, 0)
    return (
        lr,
        cast(p, hyper[HYPER_SCALE]),
        cast(p, double(settings, 1)),
        cast(p, double(settings, 2)),
        cast(p, double(settings, 3)),
        cast(p, lr * double(settings, 4)),
    )


@inlined
def own_step(hyper: Doubles, settings: Ints) -> float:
    """Number of this update as these parameters count, 1 for their first: those unfrozen late have had fewer."""
    return float(hyper[HYPER_STEP] - double(settings, SINCE))


@inlined
def decayed(g: float, p: float, clip: float, l2: float, l1: float) -> float:
    """The clipped gradient with the penalty's gradient; sign(0) = 0, and NaN stays NaN."""
    clipped = clip if g > clip else (-clip if g < -clip else g)
    pull = l1 if p > 0 else (-l1 if p < 0 else l1 - l1)  # not l1 * 0: float32 times an integer is float64 here
    return clipped + l2 * p + pull
