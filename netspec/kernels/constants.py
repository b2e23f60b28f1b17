"""Exact float64 constants of a call: a table of bits in Python, read back as numbers inside the kernel.

A `float` argument arrives in the compute dtype, where 1 − 0.999 is already off by 1e-5 in float32; a table is not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netspec.kernels.abi import Ints, bits_as_double, inlined
from netspec.kernels.calls import Table

LEAST_EPS = 1e-37
"""Smaller numbers lose digits in float32, or are 0 there: no guard against a division by 0."""


def doubles(values: Sequence[float]) -> Table:
    """The numbers as a table that a kernel takes as `Ints` and reads with `double`."""
    return np.array(values, dtype=np.float64).view(np.int64)


@inlined
def double(table: Ints, i: int) -> float:
    """Number i of a table made by `doubles`."""
    return bits_as_double(table[i])  # type: ignore[call-arg]
