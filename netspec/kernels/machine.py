"""The machine: runs a list of kernel calls, each over its chunks in parallel, in one compiled call.

A program is a table of rows (entry address, address of the argument block, number of chunks). The chunks of a row run
in parallel, the rows one after the other. It is compiled once and runs every network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic

from netspec.kernels.threads import load_sleeping_threads

load_sleeping_threads()

ENTRY, ARGUMENTS, CHUNKS = 0, 1, 2
"""Columns of the table of calls."""


def _call_entry(typingctx: Any, address: Any, chunk: Any, chunks: Any, arguments: Any) -> Any:
    """Call `void entry(chunk, chunks, int64 *arguments)` at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        i64 = ir.IntType(64)
        block = i64.as_pointer()
        entry = ir.FunctionType(ir.VoidType(), [i64, i64, block]).as_pointer()
        function = builder.inttoptr(args[0], entry)
        builder.call(function, [args[1], args[2], builder.inttoptr(args[3], block)])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, types.intp), codegen


call_entry: Any = intrinsic(_call_entry)

@njit(parallel=True, nogil=True, cache=True)
def execute(calls: np.ndarray[Any, Any]) -> None:
    """Run all rows of the table in order."""
    for row in range(calls.shape[0]):
        chunks = calls[row, CHUNKS]
        if chunks == 1:
            call_entry(calls[row, ENTRY], 0, 1, calls[row, ARGUMENTS])
        else:
            for chunk in prange(chunks):
                call_entry(calls[row, ENTRY], chunk, chunks, calls[row, ARGUMENTS])
