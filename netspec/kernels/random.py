"""Random numbers inside kernels as a pure function of (key, step, index): no state, no order, any number of threads.

`random_bits(seeds, index)` is the finalizer of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA) applied to
index · golden ratio + seeds[0], with seeds[1] mixed in between its two rounds, so that streams of different seeds are
not shifted copies of one sequence. The seeds of a stream are themselves such hashes of (key, step).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

hashed = njit(error_model="numpy", forceinline=True)

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
BITS = 53
"""Random bits of one draw, as an integer below 2⁵³."""


@hashed
def mix(z: Any, between: Any) -> Any:
    """Scramble 64 bits; `between` is added in by exclusive or before the second round."""
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27)) ^ between) * SECOND
    return z ^ (z >> np.uint64(31))


@hashed
def stream_seeds(key: int, step: int) -> Any:
    """Two 64-bit seeds of the stream that belongs to a key and a step."""
    start = mix(np.uint64(key) + GOLDEN, np.uint64(step))
    return start, mix(start + GOLDEN, np.uint64(step))


@hashed
def random_bits(seeds: Any, index: int) -> Any:
    """A random integer from 0 to 2⁵³ − 1, as int64."""
    return np.int64(mix(np.uint64(index) * GOLDEN + seeds[0], seeds[1]) >> np.uint64(11))
