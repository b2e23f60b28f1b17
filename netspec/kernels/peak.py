"""The peak of this machine: what its cores do when they do nothing but multiply and add.

y ← y·a + b in vector registers, with no memory in between: the rate that no kernel can pass, against which `netspec time`
holds each layer. A fused multiply-add counts as two operations.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from netspec.kernels.abi import In, Out, kernel
from netspec.kernels.binding import BoundCalls
from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.kernels.tile import VECTOR_BYTES

I64 = ir.IntType(64)
intrinsic: Callable[..., Any] = extending.intrinsic
"""Numba's decorator; its own type shows the typing context as an argument of the call."""

CHAINS = 12
"""Independent values: two multiply-adds a cycle of four cycles' latency need 8; 12 and two factors fit in 16 registers."""
STEPS = 100_000
"""Multiply-adds of each chain in one run: a millisecond at most."""


@intrinsic
def multiply_add_chains(typingctx: Any, x: Any, y: Any, at: Any, steps: Any) -> Any:
    """y[at : at + lanes] = Σ over CHAINS vectors v of: v ← v·x[0] + x[1], `steps` times (1 or more)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        factors, out = (
            context.make_array(kind)(context, builder, array).data
            for kind, array in zip(signature.args[:2], args[:2], strict=True)
        )
        element = context.get_value_type(x.dtype)
        lanes = VECTOR_BYTES * 8 // x.dtype.bitwidth
        vector = ir.VectorType(element, lanes)
        name = f"llvm.fma.v{lanes}f{x.dtype.bitwidth}"
        fma = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
        a, b = (_splat(builder, builder.load(builder.gep(factors, [I64(i)])), vector) for i in range(2))
        entry, loop, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
        builder.branch(loop)

        builder.position_at_end(loop)
        step = builder.phi(I64)
        chains = [builder.phi(vector) for _ in range(CHAINS)]
        new = [builder.call(fma, [chain, a, b]) for chain in chains]
        following = builder.add(step, I64(1))
        for phi, first, next_value in zip([step, *chains], [I64(0), *_starts(vector)], [following, *new], strict=True):
            phi.add_incoming(first, entry)
            phi.add_incoming(next_value, loop)
        builder.cbranch(builder.icmp_signed("<", following, args[3]), loop, done)

        builder.position_at_end(done)
        total = new[0]
        for value in new[1:]:
            total = builder.fadd(total, value)
        where = builder.bitcast(builder.gep(out, [args[2]]), vector.as_pointer())
        builder.store(total, where, align=x.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(x, y, types.intp, types.intp), codegen


def _starts(vector: Any) -> list[Any]:
    """Different first values, or LLVM computes one chain for all."""
    return [ir.Constant(vector, [float(chain)] * vector.count) for chain in range(CHAINS)]


def _splat(builder: Any, scalar: Any, vector: Any) -> Any:
    value = ir.Constant(vector, ir.Undefined)
    for lane in range(vector.count):
        value = builder.insert_element(value, scalar, ir.IntType(32)(lane))
    return value


@kernel
def multiply_adds(chunk: int, chunks: int, x: In, y: Out, steps: int) -> None:
    """x: factor and summand; y: a vector for each chunk."""
    multiply_add_chains(x, y, chunk * (y.size // chunks), steps)


class Peak:
    """A run of multiply-adds on all threads, to be repeated while other things are measured."""

    def __init__(self, dtype: str, threads: int) -> None:
        self.best = 0.0
        """Most operations a second so far; the best of the runs, since a neighbour can only make one slower."""
        self._threads = threads
        lanes = VECTOR_BYTES // np.dtype(dtype).itemsize
        self._operations = 2 * STEPS * CHAINS * lanes * threads
        memory = {"x": np.array([0.5, 1.0], dtype), "y": np.zeros(threads * lanes, dtype)}
        arguments: dict[str, ArgumentValue] = {"x": Ref("x", 2), "y": Ref("y", threads * lanes), "steps": STEPS}
        self._calls = BoundCalls([Call(multiply_adds, arguments, threads, "peak", "forward")], memory, dtype)

    def measure(self, runs: int = 3) -> None:
        """Run some times and keep the best."""
        numba.set_num_threads(self._threads)
        for _ in range(runs):
            start = time.perf_counter()
            self._calls.run()
            self.best = max(self.best, self._operations / (time.perf_counter() - start))
