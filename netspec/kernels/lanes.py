"""Vectors as values inside kernels: as many elements as a register of the host holds, or the few that are left.

For the loops over channels of a picture, which are too short for LLVM's own vectorizer (6 channels of LeNet):

    for c in range(0, channels, lanes(x)):
        rest = channels - c
        store(y, j + c, larger(load(x, i + c, rest), load(x, k + c, rest)), rest)

Indices are positions in a flat array; elements behind the last `rest` are neither read nor written.
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
        super().__init__(manager, kind, _vector(kind))


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
    return cgutils.get_or_insert_function(builder.module, kind, name)


def _first(builder: Any, count: Any, most: int) -> Any:
    """Mask of the first `count` lanes."""
    numbers = ir.Constant(ir.VectorType(I32, most), list(range(most)))
    return builder.icmp_signed("<", numbers, _splat(builder, builder.trunc(count, I32), most))


@intrinsic
def load(typingctx: Any, x: Any, index: Any, count: Any) -> Any:
    """x[index + lane] in the first `count` lanes, or all when there are fewer; 0 in the others."""
    result = LanesType(x.dtype)
    vector, align = _vector(result), result.element.bitwidth // 8

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        where = _pointer(context, builder, signature.args[0], args[0], args[1], vector)
        zero = ir.Constant(vector, [0.0] * result.count)
        with builder.if_else(_is_whole(builder, args[2], result.count)) as (then, otherwise):
            with then:
                whole, whole_block = builder.load(where, align=align), builder.block
            with otherwise:
                mask = _first(builder, args[2], result.count)
                masked = _masked(builder, "load", vector, [where.type, I32, mask.type, vector], vector)
                part, part_block = builder.call(masked, [where, I32(align), mask, zero]), builder.block
        loaded = builder.phi(vector)
        loaded.add_incoming(whole, whole_block)
        loaded.add_incoming(part, part_block)
        return loaded

    return result(x, types.intp, types.intp), codegen


@intrinsic
def store(typingctx: Any, y: Any, index: Any, value: Any, count: Any) -> Any:
    """y[index + lane] = value in the first `count` lanes, or all when there are fewer."""
    vector, align = _vector(value), value.element.bitwidth // 8

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        where = _pointer(context, builder, signature.args[0], args[0], args[1], vector)
        with builder.if_else(_is_whole(builder, args[3], value.count)) as (then, otherwise):
            with then:
                builder.store(args[2], where, align=align)
            with otherwise:
                mask = _first(builder, args[3], value.count)
                masked = _masked(builder, "store", ir.VoidType(), [vector, where.type, I32, mask.type], vector)
                builder.call(masked, [args[2], where, I32(align), mask])
        return context.get_dummy_value()

    return types.void(y, types.intp, value, types.intp), codegen


def _is_whole(builder: Any, count: Any, most: int) -> Any:
    """Whether a vector is full: masked access is half as fast."""
    return builder.icmp_signed(">=", count, ir.Constant(count.type, most))


@intrinsic
def all_lanes(typingctx: Any, x: Any) -> Any:
    """Mask of every lane of a vector of x's elements."""
    mask = MaskType(x.dtype)
    return mask(x), lambda context, builder, signature, args: ir.Constant(_vector(mask), [True] * mask.count)


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
def either(typingctx: Any, a: Any, b: Any) -> Any:
    """Mask of the lanes that are in one of the masks or in both."""
    return a(a, b), lambda context, builder, signature, args: builder.or_(*args)


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
