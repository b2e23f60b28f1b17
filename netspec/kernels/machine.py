"""The machine: runs a list of kernel calls, their chunks in parallel, in one compiled call.

A program is a table of calls, (entry address, address of the argument block, number of chunks), and a list of regions.
The units of a region run in parallel, the regions one after the other. The machine is compiled once and runs every network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import get_thread_id, njit, prange, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from netspec.kernels.threads import load_sleeping_threads

load_sleeping_threads()

ENTRY, ARGUMENTS, CHUNKS = 0, 1, 2
"""Columns of the table of calls."""


def _call_entry(typingctx: Any, address: Any, chunk: Any, chunks: Any, thread: Any, arguments: Any) -> Any:
    """Call `void entry(chunk, chunks, thread, int64 *arguments)` at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        i64 = ir.IntType(64)
        block = i64.as_pointer()
        entry = ir.FunctionType(ir.VoidType(), [i64, i64, i64, block]).as_pointer()
        function = builder.inttoptr(args[0], entry)
        builder.call(function, [*args[1:4], builder.inttoptr(args[4], block)])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, types.intp, types.intp), codegen


call_entry: Any = intrinsic(_call_entry)


@njit(inline="always")
def run_unit(calls: np.ndarray[Any, Any], first: int, last: int, chunk: int, thread: int) -> None:
    """One chunk of consecutive calls."""
    for row in range(first, last):
        call_entry(calls[row, ENTRY], chunk, calls[row, CHUNKS], thread, calls[row, ARGUMENTS])


@njit(parallel=True, nogil=True, cache=True)
def execute(
    calls: np.ndarray[Any, Any], units: np.ndarray[Any, Any], regions: np.ndarray[Any, Any]
) -> None:  # fmt: skip
    """Run the regions in order: the units of one in parallel, the calls of a unit one after the other.

    calls: rows (entry, arguments, chunks); units: rows (first call, last call + 1, chunk); regions: rows (first unit, last
    unit + 1).
    """
    for region in range(regions.shape[0]):
        first, last = regions[region, 0], regions[region, 1]
        if last - first == 1:
            run_unit(calls, units[first, 0], units[first, 1], units[first, 2], 0)
        else:
            for unit in prange(first, last):
                run_unit(calls, units[unit, 0], units[unit, 1], units[unit, 2], get_thread_id())
