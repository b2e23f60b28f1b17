"""The machine: runs a list of kernel calls, their chunks in parallel, in one compiled call.

A program is a table of calls, (entry address, address of the argument block, number of chunks), and a list of regions.
The units of a region run in parallel, the regions one after the other. The machine is compiled once and runs every network.

Threads are started once for the whole program and hand out the work among themselves (`desk.py`): a region costs two
atomic additions a thread, and one that is still asleep, or lost its core to a neighbour, is not waited for, as long as
there is something to do: the others take its share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic

from netspec.kernels.desk import LINE, take, tell_done, wait_for
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
def run_unit(calls: np.ndarray[Any, Any], unit: np.ndarray[Any, Any], thread: int) -> None:
    """One chunk of consecutive calls."""
    for row in range(unit[0], unit[1]):
        call_entry(calls[row, ENTRY], unit[2], calls[row, CHUNKS], thread, calls[row, ARGUMENTS])


@njit
def work(
    calls: np.ndarray[Any, Any], units: np.ndarray[Any, Any], regions: np.ndarray[Any, Any],
    desk: np.ndarray[Any, Any], thread: int, threads: int,
) -> None:  # fmt: skip
    """One thread's part of the program: its own units of each region, then those that others have not begun."""
    for region in range(regions.shape[0]):
        first, count = regions[region, 0], regions[region, 1] - regions[region, 0]
        lines = desk[region * (threads + 1) * LINE : (region + 1) * (threads + 1) * LINE]
        done = 0
        for turn in range(threads):
            owner = (thread + turn) % threads
            begin = (
                count * owner + threads - 1
            ) // threads  # the same thread as in other regions: its cache knows them
            end = (count * (owner + 1) + threads - 1) // threads
            unit = begin + take(lines, owner * LINE)
            while unit < end:
                run_unit(calls, units[first + unit], thread)
                done += 1
                unit = begin + take(lines, owner * LINE)
        tell_done(lines, threads * LINE, done)
        wait_for(lines, threads * LINE, count)


@njit(parallel=True, nogil=True, cache=True)
def execute(
    calls: np.ndarray[Any, Any], units: np.ndarray[Any, Any], regions: np.ndarray[Any, Any], threads: int
) -> None:  # fmt: skip
    """Run the regions in order: the units of one in parallel, the calls of a unit one after the other.

    calls: rows (entry, arguments, chunks); units: rows (first call, last call + 1, chunk); regions: rows (first unit, last
    unit + 1).
    """
    if threads == 1 or regions.shape[0] == units.shape[0]:
        for region in range(regions.shape[0]):
            for unit in range(regions[region, 0], regions[region, 1]):
                run_unit(calls, units[unit], 0)
    else:
        desk = np.zeros(regions.shape[0] * (threads + 1) * LINE, np.int64)
        for thread in prange(threads):
            work(calls, units, regions, desk, thread, threads)
