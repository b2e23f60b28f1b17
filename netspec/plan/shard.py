"""Pass: cut the batch of a small network into shards.

before: nothing is said about parallel work; after: `shards` is the number of shards, or 0 when a sample's values are too
large to stay in a core's cache on their way through the network. All shards have the same number of samples.
"""

from __future__ import annotations

from dataclasses import replace

from netspec.kernels.binding import element_type
from netspec.layers.base import volume
from netspec.plan.plan import Plan

CACHE_BYTES = 1 << 20
"""Second-level cache of a core, about."""
USUAL, FEWEST, MOST = 16, 8, 32
"""Shards: enough for many cores and for balance, few enough that each has several samples."""


def shard(plan: Plan) -> Plan:
    """Decide whether the batch is cut into shards; none is where the usual one of a network with a prefix is not."""
    usual = _count(plan, plan.usual_batch, gradients=True) if plan.prefix and plan.usual_batch else 0
    is_like_usual = usual or not (plan.prefix and plan.usual_batch)
    shards = _count(plan, plan.goal.batch, gradients=plan.goal.gradients) if is_like_usual else 0
    return replace(plan, shards=shards, usually_shards=usual > 0)


def _count(plan: Plan, n: int, *, gradients: bool) -> int:
    """Into how many shards n samples are cut; 0: none."""
    sample = sum(volume(shape) for shape in plan.shapes.values()) * element_type("float", plan.dtype).itemsize
    if gradients:
        sample *= 2
    fitting = [count for count in range(FEWEST, MOST + 1) if n % count == 0 and n // count * sample <= CACHE_BYTES]
    return min(fitting, key=lambda count: (abs(count - USUAL), count), default=0)
