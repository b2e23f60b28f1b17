"""The `@kernel` decorator: how a Python function becomes a machine-code entry that a program can call.

A kernel is a serial function over one *chunk* of its work; the machine (`machine.py`) runs the chunks of a call in
parallel. Which part is whose follows from `chunk` and `chunks` alone, so results do not depend on the number of threads.

    @kernel
    def relu_forward(chunk: int, chunks: int, x: In, y: Out, n: int) -> None:
        first, last = span(chunk, chunks, n)
        for i in range(first, last):
            y[i] = max(x[i], cast(x, 0))

Arrays are flat. `In`, `Out` and `InOut` have the compute dtype (float32 or float64: each kernel exists once for each);
`Doubles…` are always float64 (statistics, scalars), `Ints…` int64 (tables, class labels), `Bytes` uint8 (stored pictures),
`Scratch` is memory of the thread that runs the chunk. `float` arguments arrive in the compute dtype. All kernels share one
binary interface, `void(chunk, chunks, thread, int64 *arguments)`, so one compiled machine runs any program and a new
network compiles nothing.

Kernels never raise, never allocate what they can get as a workspace, and never add to an element that another chunk
of the same call touches.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias, get_type_hints

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions
from numba.extending import intrinsic

from netspec.kernels import cache

ElementType = Literal["float", "double", "int", "byte"]
"""Of a buffer: the compute dtype, float64, int64, or uint8."""


def element_name(element: ElementType, dtype: str) -> str:
    """NumPy's name of the elements when the compute dtype is `dtype`."""
    return {"float": dtype, "double": "float64", "int": "int64", "byte": "uint8"}[element]


@dataclass(frozen=True)
class Argument:
    """Role of an array argument: what its elements are, and whether the kernel reads or writes them.

    private: each thread has its own; what a chunk leaves there is lost.
    """

    element: ElementType
    reads: bool
    writes: bool
    private: bool = False


Array: TypeAlias = np.ndarray[Any, Any]
In = Annotated[Array, Argument("float", True, False)]
Out = Annotated[Array, Argument("float", False, True)]
InOut = Annotated[Array, Argument("float", True, True)]
Doubles = Annotated[Array, Argument("double", True, False)]
DoublesOut = Annotated[Array, Argument("double", False, True)]
Ints = Annotated[Array, Argument("int", True, False)]
IntsOut = Annotated[Array, Argument("int", False, True)]
Bytes = Annotated[Array, Argument("byte", True, False)]
Scratch = Annotated[Array, Argument("float", False, True, private=True)]

# Numba has the flag but no option for it: "arguments do not overlap", so that LLVM need not check before it uses vectors.
CPUTargetOptions.noalias = TargetOptions.Mapping("noalias")

SIGNATURE = types.void(types.intp, types.intp, types.intp, types.CPointer(types.int64))

inlined = njit(inline="always", error_model="numpy")
"""Decorator of small helpers used inside kernels."""


@inlined
def span(chunk: int, chunks: int, items: int) -> tuple[int, int]:
    """The half-open range of items that belongs to a chunk; the chunks cover all items once, in order."""
    return items * chunk // chunks, items * (chunk + 1) // chunks


@inlined
def cast(x: Array, value: float) -> Any:
    """The value in the element type of x: without it a float64 constant would drag float32 arithmetic to float64."""
    return x.dtype.type(value)


@intrinsic
def pointer(typingctx: Any, address: Any, element: Any) -> Any:
    """An address as a typed pointer, for carray."""
    result = types.CPointer(element.dtype)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(result))

    return result(address, element), codegen


@intrinsic
def bits_as_double(typingctx: Any, bits: Any) -> Any:
    """An int64 reinterpreted as a float64."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), codegen


class Kernel:
    """A kernel function with its parsed signature; made by `@kernel`."""

    def __init__(
        self, function: Callable[..., None], fastmath: bool | set[str], in_place: Collection[tuple[str, str]] = (),
        *, is_copy: bool = False,
    ) -> None:  # fmt: skip
        self.function = function
        self.name = function.__name__
        self.module = function.__module__
        self.in_place, self.is_copy = frozenset(in_place), is_copy
        # Without noalias, a kernel that runs in place takes the loop without vectors: up to 40 times slower (relu_backward).
        more: dict[str, Any] = {"noalias": True} if in_place else {}
        self.body = njit(error_model="numpy", boundscheck=False, fastmath=fastmath, **more)(function)
        self._addresses: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<kernel {self.name}>"

    @cached_property
    def parameters(self) -> dict[str, Argument | type]:
        """Every argument after chunk and chunks: an Argument for arrays, int or float for scalars."""
        hints = get_type_hints(self.function, include_extras=True)
        names = list(inspect.signature(self.function).parameters)
        if names[:2] != ["chunk", "chunks"]:
            raise TypeError(f"{self.module}.{self.name}: a kernel starts with (chunk: int, chunks: int)")
        return {name: _role(hints[name]) for name in names[2:]}

    def is_compiled(self, dtype: str) -> bool:
        """Whether the entry is in this process or in the disk cache."""
        return dtype in self._addresses or cache.is_compiled(self._entry_name(dtype))

    def address(self, dtype: str) -> int:
        """Address of the compiled entry for "float32" or "float64"; compiled, or loaded from the disk cache, on first use."""
        if dtype not in self._addresses:
            module = cache.load_module(self._entry_name(dtype), self._entry_source(dtype))
            self._addresses[dtype] = module.entry.address
            module.entry  # noqa: B018  keeps the compiled library alive with the module
        return self._addresses[dtype]

    def _entry_name(self, dtype: str) -> str:
        return f"{self.module}.{self.name}.{dtype}".replace(".", "_")

    def _entry_source(self, dtype: str) -> str:
        slot, unpacked = 0, []
        for role in self.parameters.values():
            if isinstance(role, Argument):
                element = element_name(role.element, dtype)
                own = f" + thread * a[{slot + 1}] * {np.dtype(element).itemsize}" if role.private else ""
                unpacked.append(f"carray(pointer(a[{slot}]{own}, types.{element}), (a[{slot + 1}],))")
                slot += 2
            else:
                unpacked.append(f"a[{slot}]" if role is int else f"types.{dtype}(bits_as_double(a[{slot}]))")
                slot += 1
        arguments = "".join(f"\n        {text}," for text in unpacked)
        return (
            f'"""Entry of kernel {self.module}.{self.name} for {dtype}; written by netspec.kernels.abi."""\n\n'
            "from numba import carray, cfunc, types\n\n"
            f"from {self.module} import {self.name} as kernel\n"
            "from netspec.kernels.abi import SIGNATURE, bits_as_double, pointer\n\n"
            "body = kernel.body\n\n\n"
            '@cfunc(SIGNATURE, cache=True, error_model="numpy")\n'
            f"def entry(chunk, chunks, thread, a):\n    body(\n        chunk,\n        chunks,{arguments}\n    )\n"
        )


def _role(hint: Any) -> Argument | type:
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, Argument):
            return extra
    if hint in (int, float):
        return hint  # type: ignore[no-any-return]
    raise TypeError(f"a kernel argument is In, Out, InOut, Doubles…, Ints…, int or float, not {hint}")


def kernel(function: Callable[..., None] | None = None, *, fastmath: bool | set[str] = False) -> Any:
    """Make a kernel of a function; `fastmath={"contract"}` allows fused multiply-adds, True also re-association."""
    if function is None:
        return lambda f: Kernel(f, fastmath)
    return Kernel(function, fastmath or {"contract"})


def in_place_kernel(*pairs: tuple[str, str], is_copy: bool = False) -> Callable[[Callable[..., None]], Kernel]:
    """Make a kernel of a function whose output may be the very array of an input.

    pairs: (input, output); the kernel reads element i of the input for the last time before it writes element i of the
    output, and no other chunk reads it. is_copy: the output of the only pair equals its input.
    """
    return lambda function: Kernel(function, {"contract"}, pairs, is_copy=is_copy)
