"""Vectors as values inside kernels: as many elements as a register of the host holds, with a mask for the last ones.

For the loops over channels of a picture, which are too short for LLVM's own vectorizer (6 channels of LeNet):

    for c in range(0, channels, lanes(x)):
        active = first_lanes(x, channels - c)
        store(y, j + c, larger(load(x, i + c, active), load(x, k + c, active)), active)

Indices are positions in a flat array; masked lanes are neither read nor written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import register_model

from netspec.kernels.abi import Array, inlined
from netspec.kernels.tile import VECTOR_BYTES

I32 = ir.IntType(32)

intrinsic: Callable[..., Any] = extending.intrinsic
"""Numba's decorator; its own type shows the typing context as an argument of the call."""


class LanesType(types.Type):
    """A vector register full of float32 or float64; `MaskType` holds one bit for each."""

    def __init__(self, element: Any) -> None:
        self.element = element
        self.count = VECTOR_BYTES * 8 // element.bitwidth
        super().__init__(name=f"{type(self).__name__}({element})")


class MaskType(LanesType):
    """One bit per lane of a vector of this element type."""


def _vector(kind: LanesType) -> ir.VectorType:
    if isinstance(kind, MaskType):
        return ir.VectorType(ir.IntType(1), kind.count)
    return ir.VectorType(ir.FloatType() if kind.element.bitwidth == 32 else ir.DoubleType(), kind.count)


@register_model(LanesType)
@register_model(MaskType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: LanesType) -> None:
        super().__init__(manager, kind, _vector(kind))  # type: ignore[no-untyped-call]


@inlined
def lanes(x: Array) -> int:
    """Number of elements of x in one vector."""
    return VECTOR_BYTES // x.itemsize


def _splat(builder: Any, scalar: Any, count: int) -> Any:
    vector = ir.VectorType(scalar.type, count)
    undefined = ir.Constant(vector, ir.Undefined)
    zeros = ir.Constant(ir.VectorType(I32, count), [0] * count)
    return builder.shuffle_vector(builder.insert_element(undefined, scalar, I32(0)), undefined, zeros)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, vector: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())


def _masked(builder: Any, what: str, result: Any, kinds: list[Any], vector: Any) -> Any:
    bits = 32 if isinstance(vector.element, ir.FloatType) else 64
    name = f"llvm.masked.{what}.v{vector.count}f{bits}.p0"
    kind = ir.FunctionType(result, kinds)
    return cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]


@intrinsic
def first_lanes(typingctx: Any, x: Any, count: Any) -> Any:
    """Mask of the first `count` lanes of a vector of x's elements; all of them when there are fewer."""
    mask = MaskType(x.dtype)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        most = ir.Constant(args[1].type, mask.count)
        fewer = builder.select(builder.icmp_signed("<", args[1], most), args[1], most)
        numbers = ir.Constant(ir.VectorType(I32, mask.count), list(range(mask.count)))
        return builder.icmp_signed("<", numbers, _splat(builder, builder.trunc(fewer, I32), mask.count))

    return mask(x, types.intp), codegen


@intrinsic
def load(typingctx: Any, x: Any, index: Any, active: Any) -> Any:
    """x[index + lane]; 0 in the lanes that are not active."""
    result = LanesType(x.dtype)
    vector = _vector(result)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        where = _pointer(context, builder, signature.args[0], args[0], args[1], vector)
        kinds = [vector.as_pointer(), I32, args[2].type, vector]
        zero = ir.Constant(vector, [0.0] * result.count)
        align = I32(result.element.bitwidth // 8)
        return builder.call(_masked(builder, "load", vector, kinds, vector), [where, align, args[2], zero])

    return result(x, types.intp, active), codegen


@intrinsic
def store(typingctx: Any, y: Any, index: Any, value: Any, active: Any) -> Any:
    """y[index + lane] = value in the active lanes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = _vector(value)
        where = _pointer(context, builder, signature.args[0], args[0], args[1], vector)
        kinds = [vector, vector.as_pointer(), I32, args[3].type]
        align = I32(value.element.bitwidth // 8)
        builder.call(_masked(builder, "store", ir.VoidType(), kinds, vector), [args[2], where, align, args[3]])
        return context.get_dummy_value()

    return types.void(y, types.intp, value, active), codegen


@intrinsic
def splat(typingctx: Any, x: Any, value: Any) -> Any:
    """The value in every lane of a vector of x's elements."""
    result = LanesType(x.dtype)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _splat(builder, args[1], result.count)

    return result(x, x.dtype), codegen


@intrinsic
def choose(typingctx: Any, where: Any, a: Any, b: Any) -> Any:
    """a in the lanes of the mask, b in the others."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return a(where, a, b), codegen


@intrinsic
def larger(typingctx: Any, a: Any, b: Any) -> Any:
    """The larger in each lane; NaN where either is NaN, a where they are equal."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        most = builder.select(builder.fcmp_ordered(">", args[1], args[0]), args[1], args[0])  # one instruction on x86
        return builder.select(builder.fcmp_unordered("uno", args[1], args[1]), args[1], most)

    return a(a, b), codegen


@intrinsic
def matches(typingctx: Any, a: Any, b: Any) -> Any:
    """Mask of the lanes where a equals b, or a is NaN."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.or_(builder.fcmp_ordered("==", *args), builder.fcmp_unordered("uno", args[0], args[0]))

    return MaskType(a.element)(a, b), codegen


@intrinsic
def both(typingctx: Any, a: Any, b: Any) -> Any:
    """Mask of the lanes that are in both masks."""
    return a(a, b), lambda context, builder, signature, args: builder.and_(*args)


@intrinsic
def without(typingctx: Any, a: Any, b: Any) -> Any:
    """Mask of the lanes that are in mask a but not in mask b."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.and_(args[0], builder.not_(args[1]))

    return a(a, b), codegen


@intrinsic
def plus(typingctx: Any, a: Any, b: Any) -> Any:
    """a + b."""
    return a(a, b), lambda context, builder, signature, args: builder.fadd(*args)


@intrinsic
def times(typingctx: Any, a: Any, b: Any) -> Any:
    """a · b."""
    return a(a, b), lambda context, builder, signature, args: builder.fmul(*args)
