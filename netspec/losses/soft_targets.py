"""Cross-entropy of probabilities with the softmax of logits, with or without the entropy of the targets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from netspec.kernels.abi import Doubles, DoublesOut, In, Ints, Out, cast, inlined, kernel, span
from netspec.kernels.constants import double, doubles
from netspec.kernels.elementary import exp
from netspec.kernels.reductions import add_partials
from netspec.layers.base import Shape, volume
from netspec.losses.base import Array, LossIo
from netspec.losses.class_loss import softmax_norm

HARD, SOFT, ENTROPY, WEIGHTS = 0, 1, 2, 3
"""Places in the table of constants: 1 − ε, ε/C, whether Σ t·log t is added (0 or 1), then the C class weights."""


def as_probabilities(y: Array, shape: Shape) -> Array:
    """Labels (n, …) as probabilities 0 and 1 (n, C, …), NaN for those that are no class; probabilities as they are."""
    if y.dtype.kind not in "iu" or y.shape[1:] != shape[1:]:
        return y
    classes = np.arange(shape[0]).reshape(-1, *(1 for _ in shape[1:]))
    label = y[:, None]
    return np.where((label >= 0) & (label < shape[0]), (label == classes).astype(np.float64), np.nan)


@inlined
def not_negative(t: float) -> float:
    """A target of 0 and above; NaN for any other, whose loss would have no lower bound."""
    return t if t >= 0 else math.nan


@kernel
def soft_targets_value(
    chunk: int, chunks: int, x: In, target: In, table: Ints,
    norms: DoublesOut, partials: DoublesOut, positions: int, classes: int,
) -> None:
    first, last = span(chunk, chunks, positions)
    hard, soft, entropy = double(table, HARD), double(table, SOFT), double(table, ENTROPY)
    loss = 0.0
    for i in range(first, last):
        start = i * classes
        most, total = softmax_norm(x, start, classes)
        norms[2 * i] = most
        norms[2 * i + 1] = total
        log_total = math.log(total)
        for c in range(classes):
            t = not_negative(float(target[start + c]))
            u = double(table, WEIGHTS + c) * (hard * t + soft)
            loss += u * (float(most) - float(x[start + c]) + log_total)
            if t > 0:
                loss += entropy * t * math.log(t)
    partials[2 * chunk] = loss
    partials[2 * chunk + 1] = last - first


@kernel
def soft_targets_gradient(
    chunk: int, chunks: int, x: In, target: In, table: Ints, norms: Doubles, dx: Out,
    positions: int, classes: int, scale: float,
) -> None:
    first, last = span(chunk, chunks, positions)
    hard, soft = double(table, HARD), double(table, SOFT)
    for i in range(first, last):
        start = i * classes
        whole = 0.0
        for c in range(classes):
            whole += double(table, WEIGHTS + c) * (hard * not_negative(float(target[start + c])) + soft)
        # In float64, because p − t of a sure network would lose all its digits in float32.
        for c in range(classes):
            p = exp(float(x[start + c]) - norms[2 * i]) / norms[2 * i + 1]
            u = double(table, WEIGHTS + c) * (hard * float(target[start + c]) + soft)
            dx[start + c] = cast(dx, scale * (p * whole - u))


def emit_soft_targets(
    io: LossIo, factor: float, weights: Sequence[float], smoothing: float = 0.0, *, entropy: bool = False
) -> None:
    """Emit value and gradient of Σ Σ_c u_c·(−log p_c) / n, u_c = w_c·((1−ε)·t_c + ε/C); entropy: plus Σ t·log t / n."""
    classes = io.x_shape[0]
    positions = io.n * volume(io.x_shape) // classes
    chunks = io.chunks(positions, 24.0 * classes, by_sample=True)
    table = doubles([1.0 - smoothing, smoothing / classes, float(entropy), *weights])
    norms = io.workspace("norms", 2 * positions, "double")
    partials = io.workspace("partials", 2 * chunks, "double")
    sizes = {"positions": positions, "classes": classes}
    io.call(soft_targets_value, chunks=chunks, x=io.x, target=io.target, table=table, norms=norms,
            partials=partials, **sizes)
    io.call(add_partials, partials=partials, total=io.value, parts=chunks, width=2)
    if io.dx is not None:
        io.call(soft_targets_gradient, chunks=chunks, x=io.x, target=io.target, table=table, norms=norms,
                dx=io.dx, scale=factor / positions, **sizes)
