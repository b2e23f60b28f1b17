"""L2-SP: a pull of each weight towards its pretrained value θ⁰, against forgetting.

penalty ½·λ·Σ(θ − θ⁰)², gradient λ·(θ − θ⁰), added to that of the loss before the optimizer sees it.
Source: Li, Grandvalet & Davoine 2018, arXiv:1802.01483, eq. 4.
"""

from __future__ import annotations

from netspec.kernels.abi import Doubles, In, InOut, Ints, cast, kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.constants import double, doubles
from netspec.optimizers.base import HYPER_SCALE, UpdateIo

PRETRAINED = "pretrained"
"""Slot with θ⁰, one number a parameter, kept and stored as those of the optimizer."""


@kernel
def pull_back(
    chunk: int, chunks: int, g: InOut, p: In, start: In, hyper: Doubles, settings: Ints, n: int
) -> None:
    """g ← g + λ/s · (θ − θ⁰); s, the factor of all gradients, is put in by the update behind it."""
    first, last = span(chunk, chunks, n)
    g, p, start = g[first:last], p[first:last], start[first:last]
    strength = cast(g, double(settings, 0) / hyper[HYPER_SCALE])
    for i in range(g.size):
        g[i] = g[i] + strength * (p[i] - start[i])


def emit_pull(io: UpdateIo, start: Ref, strength: float) -> None:
    """Emit it for one group, before its update; start: θ⁰ of the group; strength: λ. Norms have been clipped before."""
    chunks = io.chunks(io.p.size, 1)
    io.call(
        pull_back, chunks=chunks, g=io.g, p=io.p, start=start, hyper=io.hyper, settings=doubles([strength]), n=io.p.size
    )
