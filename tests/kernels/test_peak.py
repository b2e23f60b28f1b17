"""The measure of the machine's peak computes what it counts."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import Call, Ref
from netspec.kernels.peak import CHAINS, Peak, multiply_adds
from netspec.kernels.tile import VECTOR_BYTES


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("steps", [1, 2, 9])
def test_every_chain_of_every_chunk_takes_every_step(dtype: str, steps: int) -> None:
    chunks, lanes = 3, VECTOR_BYTES // np.dtype(dtype).itemsize
    memory = {"x": np.array([0.5, 3.0], dtype), "y": np.full(chunks * lanes, np.nan, dtype)}
    arguments = {"x": Ref("x", 2), "y": Ref("y", chunks * lanes), "steps": steps}
    BoundCalls([Call(multiply_adds, arguments, chunks, "peak", "forward")], memory, dtype).run()
    chains = np.arange(CHAINS, dtype=dtype)
    for _ in range(steps):
        chains = chains * 0.5 + 3
    np.testing.assert_array_equal(memory["y"], chains.sum(dtype=dtype))  # exact: few bits, sums in order or not


def test_measuring_again_never_lowers_the_peak() -> None:
    peak = Peak("float32", 1)
    peak.measure(1)
    first = peak.best
    peak.measure(2)
    assert peak.best >= first > 0
