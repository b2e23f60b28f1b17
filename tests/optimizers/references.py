"""Every optimizer's formula written in NumPy: (keys, θ₀, gradient, learning rate of each step) → θ after each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.optimizers.runner import Gradient

Array = NDArray[Any]
Reference = Callable[[Any, Array, Gradient, Sequence[float]], Iterator[Array]]


def penalized(o: Any, p: Array, g: Array, lr: float) -> tuple[Array, Array]:
    """θ after decoupled decay, and g with clipping and the penalty's gradient."""
    if o.clip_value is not None:
        g = np.clip(g, -o.clip_value, o.clip_value)
    if o.weight_decay_mode == "decoupled":
        return p - lr * o.weight_decay * p, g
    return p, g + o.weight_decay * (p if o.weight_decay_mode == "l2" else np.sign(p))


def sgd(o: Any, p: Array, gradient: Gradient, rates: Sequence[float]) -> Iterator[Array]:
    if o.momentum > 0:
        yield from momentum(o, p, gradient, rates)
        return
    for t, lr in enumerate(rates):
        p, g = penalized(o, p, gradient(p, t), lr)
        p = p - lr * g
        yield p


def momentum(o: Any, p: Array, gradient: Gradient, rates: Sequence[float]) -> Iterator[Array]:
    v = np.zeros_like(p)
    for t, lr in enumerate(rates):
        p, g = penalized(o, p, gradient(p, t), lr)
        share = 1 if t == 0 else 1 - o.dampening
        if o.momentum_form == "velocity":
            v = o.momentum * v - lr * share * g
            p = p + (o.momentum * v - lr * g if o.nesterov else v)
        else:
            v = o.momentum * v + share * g
            p = p - lr * (g + o.momentum * v if o.nesterov else v)
        yield p


def adagrad(o: Any, p: Array, gradient: Gradient, rates: Sequence[float]) -> Iterator[Array]:
    G = np.full_like(p, o.initial_accumulator_value)
    for t, lr in enumerate(rates):
        p, g = penalized(o, p, gradient(p, t), lr)
        G = G + g**2
        p = p - lr * g / (np.sqrt(G + o.eps) if o.eps_inside_root else np.sqrt(G) + o.eps)
        yield p


def rmsprop(o: Any, p: Array, gradient: Gradient, rates: Sequence[float]) -> Iterator[Array]:
    S, A, v = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for t, lr in enumerate(rates):
        p, g = penalized(o, p, gradient(p, t), lr)
        S = o.alpha * S + (1 - o.alpha) * g**2
        A = o.alpha * A + (1 - o.alpha) * g
        spread = np.maximum(S - A**2, 0) if o.centered else S
        move = g / (np.sqrt(spread + o.eps) if o.eps_inside_root else np.sqrt(spread) + o.eps)
        if o.momentum == 0:
            p = p - lr * move
        elif o.momentum_form == "velocity":
            v = o.momentum * v + lr * move
            p = p - v
        else:
            v = o.momentum * v + move
            p = p - lr * v
        yield p


def adam(o: Any, p: Array, gradient: Gradient, rates: Sequence[float]) -> Iterator[Array]:
    m, v = np.zeros_like(p), np.zeros_like(p)
    beta1, beta2 = o.betas
    for t, lr in enumerate(rates):
        p, g = penalized(o, p, gradient(p, t), lr)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        if o.eps_hat:
            p = p - lr * np.sqrt(1 - beta2 ** (t + 1)) / (1 - beta1 ** (t + 1)) * m / (np.sqrt(v) + o.eps)
        else:
            p = p - lr * (m / (1 - beta1 ** (t + 1))) / (np.sqrt(v / (1 - beta2 ** (t + 1))) + o.eps)
        yield p


REFERENCES: dict[str, Reference] = {
    "sgd": sgd, "momentum": momentum, "nesterov": momentum, "adagrad": adagrad, "rmsprop": rmsprop, "adam": adam,
    "adamw": adam,
}
"""By type name; a test holds that none of the registry is missing."""

KEYS: dict[str, list[dict[str, Any]]] = {
    "sgd": [{}, {"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}],
    "momentum": [{}, {"momentum_form": "torch"}, {"dampening": 0.3}, {"momentum_form": "torch", "dampening": 0.3}],
    "nesterov": [{}, {"momentum_form": "torch"}],
    "adagrad": [{"lr": 0.3}, {"lr": 0.3, "eps_inside_root": False, "initial_accumulator_value": 0.1}],
    "rmsprop": [
        {}, {"eps_inside_root": False}, {"centered": True, "eps": 1e-3}, {"momentum": 0.9},
        {"momentum": 0.9, "momentum_form": "torch", "centered": True, "eps": 1e-3},
    ],
    "adam": [{}, {"lr": 0.01, "betas": (0.8, 0.95)}, {"eps_hat": True, "eps": 1e-4}],
    "adamw": [{}, {"weight_decay": 0.3, "lr": 0.01}],
}
"""Settings each optimizer is tried with; the first is the default, but for a learning rate that moves."""
