"""Clipping gradients by their Euclidean norm, each tensor alone or all together; by value: see update.py.

Norms are sums over fixed chunks in float64, so they do not depend on threads. A norm that is not finite makes the
factor NaN: a broken gradient is then found, not scaled away.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from netspec.kernels.abi import Doubles, DoublesOut, InOut, Ints, cast, kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.constants import double, doubles
from netspec.kernels.reductions import sum_squares
from netspec.optimizers.base import HYPER_SCALE, Emitter, Optimizer


@kernel
def clip_factor(chunk: int, chunks: int, partials: Doubles, factor: DoublesOut, parts: int, settings: Ints) -> None:
    """factor = min(1, most / (√Σ partials + eps)), NaN when the norm is not finite; one chunk only."""
    total = 0.0
    for i in range(parts):
        total += partials[i]
    ratio = double(settings, 0) / (math.sqrt(total) + double(settings, 1))
    factor[0] = math.nan if not math.isfinite(total) else min(1.0, ratio)


@kernel
def scale_gradient(chunk: int, chunks: int, g: InOut, factor: Doubles, n: int) -> None:
    """g ← factor · g."""
    first, last = span(chunk, chunks, n)
    g, by = g[first:last], cast(g, factor[0])
    for i in range(g.size):
        g[i] = by * g[i]


def emit_clipping(io: Emitter, optimizer: Optimizer, gradients: Sequence[Ref], hyper: Ref) -> None:
    """Emit what clip_norm and clip_global_norm ask for; nothing when neither is set.

    gradients: one ref a tensor, changed in place by clip_norm; hyper: its HYPER_SCALE is written by clip_global_norm.
    To be emitted once a step, after the last gradient and before the first update. Frozen tensors have no part in it.
    """
    if optimizer.clip_norm is not None:
        for i, g in enumerate(gradients):
            factor = io.workspace(f"clip_factor.{i}", 1, "double")
            emit_factor(io, [g], factor, optimizer.clip_norm, optimizer.clip_eps, f"clip_partials.{i}")
            io.call(scale_gradient, chunks=io.chunks(g.size, 1), g=g, factor=factor, n=g.size)
    if optimizer.clip_global_norm is not None:
        factor = hyper.part(HYPER_SCALE, 1)
        emit_factor(io, gradients, factor, optimizer.clip_global_norm, optimizer.clip_eps, "clip_partials")


def emit_factor(io: Emitter, gradients: Sequence[Ref], factor: Ref, most: float, eps: float, name: str) -> None:
    """Emit the calls that write the factor, at most 1, that brings the norm of these gradients together to `most`.

    name: of the workspace for the partial sums.
    """
    chunks = [io.chunks(g.size, 1) for g in gradients]
    partials = io.workspace(name, sum(chunks), "double")
    for i, g in enumerate(gradients):
        part = partials.part(sum(chunks[:i]), chunks[i])
        io.call(sum_squares, chunks=chunks[i], x=g, partials=part, n=g.size)
    io.call(clip_factor, partials=partials, factor=factor, parts=sum(chunks), settings=doubles([most, eps]))
