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
    """Decide whether the batch is cut into shards."""
    sample = sum(volume(shape) for shape in plan.shapes.values()) * element_type("float", plan.dtype).itemsize
    if plan.goal.gradients:
        sample *= 2
    n = plan.goal.batch
    fitting = [count for count in range(FEWEST, MOST + 1) if n % count == 0 and n // count * sample <= CACHE_BYTES]
    return replace(plan, shards=min(fitting, key=lambda count: (abs(count - USUAL), count), default=0))
