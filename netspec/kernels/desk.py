"""Where threads hand out work among themselves: counters in memory that all of them change, one in a cache line.

    unit = take(desk, i)            the next number of counter i: 0, 1, 2, …, each to one thread only
    tell_done(desk, i, done)        adds to counter i; what the thread wrote before is seen by who then waits
    wait_for(desk, i, count)        until counter i has reached count

A thread that waits stays awake for some 50 µs and then offers its core to others again and again: asleep, it would need as
long to wake up.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LINE = 8
"""Numbers in a cache line: counters that different threads change lie so far apart."""
AWAKE = 2000
"""Rounds of waiting before the core is offered to others."""
GIVE_WAY = "netspec_give_way"
"""Symbol of the system's function that offers the core to other threads."""
HINTS: dict[str, tuple[str, tuple[int, ...]]] = {
    **dict.fromkeys(("x86_64", "AMD64"), ("llvm.x86.sse2.pause", ())),
    **dict.fromkeys(("aarch64", "arm64"), ("llvm.aarch64.hint", (1,))),
}
"""Machine → LLVM's name, with its arguments, of the instruction that tells a core that it waits."""
I32 = ir.IntType(32)


def _system_yield() -> Any:
    if sys.platform == "win32":
        return ctypes.windll.kernel32.SwitchToThread
    return ctypes.CDLL(None).sched_yield


llvmlite.binding.add_symbol(GIVE_WAY, ctypes.cast(_system_yield(), ctypes.c_void_p).value)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


def _add(typingctx: Any, desk: Any, index: Any, number: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _pointer(context, builder, signature.args[0], args[0], args[1])
        return builder.atomic_rmw("add", place, args[2], "acq_rel")

    return types.int64(desk, types.intp, types.int64), codegen


def _read(typingctx: Any, desk: Any, index: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_pointer(context, builder, signature.args[0], *args), "acquire", 8)

    return types.int64(desk, types.intp), codegen


def _hint(typingctx: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        name, numbers = HINTS.get(platform.machine(), ("", ()))
        if name:
            kind = ir.FunctionType(ir.VoidType(), [I32] * len(numbers))
            builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [I32(n) for n in numbers])
        return context.get_dummy_value()

    return types.void(), codegen


def _give_way(typingctx: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(I32, [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, GIVE_WAY), [])
        return context.get_dummy_value()

    return types.void(), codegen


add: Callable[..., int] = intrinsic(_add)
read: Callable[..., int] = intrinsic(_read)
hint: Any = intrinsic(_hint)
give_way: Any = intrinsic(_give_way)


@njit(inline="always")
def take(desk: Any, index: int) -> int:
    """The counter's next number, for this thread alone."""
    return add(desk, index, 1)


@njit(inline="always")
def tell_done(desk: Any, index: int, done: int) -> None:
    """Count what this thread has done."""
    if done > 0:
        add(desk, index, done)


@njit(inline="always")
def wait_for(desk: Any, index: int, count: int) -> None:
    """Return when all is done."""
    rounds = 0
    while read(desk, index) < count:
        if rounds < AWAKE:
            rounds += 1
            hint()
        else:
            give_way()
