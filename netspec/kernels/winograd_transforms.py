"""The five transforms of Winograd's convolution F(4×4, 3×3), each on a vector of channels of one tile at a time.

With the interpolation points 0, ±1, ±2, ∞ (Lavin & Gray 2016, arXiv:1509.09308, §4.3; signs and scales as there):

    output tile  Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
    input_transform    6×6 → 6×6   Bᵀ d B         output_transform   6×6 → 4×4   Aᵀ m A (+ bias)
    weight_transform   3×3 → 6×6   G g Gᵀ         weight_gradient    6×6 → 3×3   Gᵀ u G
    gradient_transform 4×4 → 6×6   A dy Aᵀ

The last two follow from the first three by the chain rule. All are the same code: load a square of vectors, apply a small
matrix to its columns, then to its rows, store a square of vectors.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from netspec.kernels.tile import I32, I64, VECTOR_BYTES


class Vector:
    """A vector value with the arithmetic that the formulas need; one multiply-add each."""

    def __init__(self, code: _Transform, value: Any) -> None:
        self.code, self.value = code, value

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.code, self.code.b.fadd(self.value, other.value))

    def __sub__(self, other: Vector) -> Vector:
        return Vector(self.code, self.code.b.fsub(self.value, other.value))

    def __mul__(self, factor: float) -> Vector:
        return Vector(self.code, self.code.b.fmul(self.value, self.code.constant(factor)))

    def plus(self, factor: float, other: Vector) -> Vector:
        """self + factor · other."""
        return self.fma(other, Vector(self.code, self.code.constant(factor)))

    def fma(self, one: Vector, other: Vector) -> Vector:
        """self + one · other."""
        return Vector(self.code, self.code.b.call(self.code.fma, [one.value, other.value, self.value]))

    def at_least(self, floor: Vector) -> Vector:
        """max(self, floor); NaN stays."""
        b = self.code.b
        return Vector(self.code, b.select(b.fcmp_ordered("<", self.value, floor.value), floor.value, self.value))


Line = Sequence[Vector]


def _input(d: Line) -> Line:
    """Bᵀ d."""
    even, odd = d[4].plus(-4, d[2]), d[3].plus(-4, d[1])
    far, near = d[4] - d[2], d[3] - d[1]
    first, last = d[4].plus(-5, d[2]).plus(4, d[0]), d[5].plus(-5, d[3]).plus(4, d[1])
    return first, even + odd, even - odd, far.plus(2, near), far.plus(-2, near), last


def _output(m: Line) -> Line:
    """Aᵀ m."""
    p, q, r, s = m[1] + m[2], m[1] - m[2], m[3] + m[4], m[3] - m[4]
    return m[0] + p + r, q.plus(2, s), p.plus(4, r), q.plus(8, s) + m[5]


def _weight(g: Line) -> Line:
    """G g."""
    even, odd = (g[0] + g[2]) * (-1 / 6), g[1] * (1 / 6)
    wide, slope = (g[0] * (1 / 24)).plus(1 / 6, g[2]), g[1] * (1 / 12)
    return g[0] * (1 / 4), even - odd, even + odd, wide + slope, wide - slope, g[2]


def _gradient(y: Line) -> Line:
    """A y."""
    even, odd = y[0] + y[2], y[1] + y[3]
    wide, steep = y[0].plus(4, y[2]), (y[1] * 2).plus(8, y[3])
    return y[0], even + odd, even - odd, wide + steep, wide - steep, y[3]


def _weight_gradient(u: Line) -> Line:
    """Gᵀ u."""
    p, q, r, s = u[1] + u[2], u[2] - u[1], u[3] + u[4], u[3] - u[4]
    first = (u[0] * (1 / 4)).plus(-1 / 6, p).plus(1 / 24, r)
    return first, (q * (1 / 6)).plus(1 / 12, s), u[5].plus(-1 / 6, p).plus(1 / 6, r)


class _Transform:
    """Writes the code of one transform; see `make_transform` for its arguments."""

    def __init__(self, function: Any, element: Any, sizes: tuple[int, int], formula: Callable[[Line], Line]) -> None:
        self.arg = dict(zip((*PLACES, *POST), function.args, strict=False))
        self.b = ir.IRBuilder(function.append_basic_block("entry"))
        self.take, self.give = sizes
        self.formula = formula
        self.size = 4 if isinstance(element, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.size
        self.element, self.vector = element, ir.VectorType(element, self.lanes)
        self.bits = ir.VectorType(ir.IntType(1), self.lanes)
        self.suffix = f"v{self.lanes}f{8 * self.size}"
        module = function.module
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fma = cgutils.get_or_insert_function(module, kind, f"llvm.fma.{self.suffix}")
        kind = ir.FunctionType(self.vector, [self.vector.as_pointer(), I32, self.bits, self.vector])
        self.load_masked = cgutils.get_or_insert_function(module, kind, f"llvm.masked.load.{self.suffix}.p0")
        kind = ir.FunctionType(ir.VoidType(), [self.vector, self.vector.as_pointer(), I32, self.bits])
        self.store_masked = cgutils.get_or_insert_function(module, kind, f"llvm.masked.store.{self.suffix}.p0")

    def constant(self, value: float) -> Any:
        return ir.Constant(self.vector, [self.element(value)] * self.lanes)

    def write(self) -> None:
        """The whole function."""
        bounds = {side: self.arg[side] for side in ("top", "bottom", "left", "right")}
        square = self._load_square("x", "x", self.take, bounds)
        square = [list(self.formula(column)) for column in zip(*square, strict=True)]  # [column][row]
        square = [list(self.formula(row)) for row in zip(*square, strict=True)]
        self._store_square(self._finished(square) if "floor" in self.arg else square)
        self.b.ret_void()

    def _load_square(self, array: str, places: str, n: int, bounds: Mapping[str, Any]) -> list[list[Vector]]:
        """Elements outside rows top … bottom − 1 and columns left … right − 1 are zero and not touched."""
        b = self.b
        ends = {"top": 0, "bottom": n, "left": 0, "right": n}
        whole = functools.reduce(b.and_, [b.icmp_signed("==", bounds[side], I64(end)) for side, end in ends.items()])
        fast, slow, done = (b.append_basic_block(name) for name in ("whole", "part", "loaded"))
        b.cbranch(whole, fast, slow)
        b.position_at_end(fast)
        plain = [[b.load(self._place(array, places, i, j), align=self.size) for j in range(n)] for i in range(n)]
        b.branch(done)
        b.position_at_end(slow)
        rows, columns = self._within(bounds["top"], bounds["bottom"], n), self._within(bounds["left"], bounds["right"], n)
        masked = [
            [self._load_where(b.and_(row, column), self._place(array, places, i, j)) for j, column in enumerate(columns)]
            for i, row in enumerate(rows)
        ]
        b.branch(done)
        b.position_at_end(done)
        square = []
        for i in range(n):
            phis = [b.phi(self.vector) for _ in range(n)]
            for j, phi in enumerate(phis):
                phi.add_incoming(plain[i][j], fast)
                phi.add_incoming(masked[i][j], slow)
            square.append([Vector(self, phi) for phi in phis])
        return square

    def _load_where(self, bit: Any, place: Any) -> Any:
        """The vector there, or zeros without a look."""
        mask = self._splat(bit, ir.IntType(1))
        return self.b.call(self.load_masked, [place, I32(self.size), mask, self.constant(0)])

    def _finished(self, square: list[list[Vector]]) -> list[list[Vector]]:
        """max((y + bias − centre) · scale + offset + residual, floor); what is absent changes nothing."""
        bias = self._row("bias", "has_bias", 0)
        centre, scale, offset = (self._row(k, "has_norm", v) for k, v in (("centre", 0), ("scale", 1), ("offset", 0)))
        floor = Vector(self, self._splat(self.arg["floor"], self.element))
        residual = self._residual()
        return [
            [(offset.fma(value + bias - centre, scale) + other).at_least(floor) for value, other in zip(*rows, strict=True)]
            for rows in zip(square, residual, strict=True)
        ]

    def _row(self, array: str, flag: str, otherwise: float) -> Vector:
        """The channels' numbers, or the same number for all where they are absent."""
        before = self.b.block
        with self.b.if_then(self.b.icmp_signed("!=", self.arg[flag], I64(0))):
            where = self.b.bitcast(self.arg[array], self.vector.as_pointer())
            loaded, block = self.b.load(where, align=self.size), self.b.block
        phi = self.b.phi(self.vector)
        phi.add_incoming(self.constant(otherwise), before)
        phi.add_incoming(loaded, block)
        return Vector(self, phi)

    def _residual(self) -> list[list[Vector]]:
        """What is added, from the same places as y; zeros where there is nothing."""
        before = self.b.block
        bounds = {"top": I64(0), "bottom": self.arg["rows"], "left": I64(0), "right": self.arg["columns"]}
        with self.b.if_then(self.b.icmp_signed("!=", self.arg["has_residual"], I64(0))):
            loaded, block = self._load_square("residual", "y", self.give, bounds), self.b.block
        square = []
        for row in loaded:
            phis = [self.b.phi(self.vector) for _ in row]
            for phi, value in zip(phis, row, strict=True):
                phi.add_incoming(self.constant(0), before)
                phi.add_incoming(value.value, block)
            square.append([Vector(self, phi) for phi in phis])
        return square

    def _store_square(self, square: list[list[Vector]]) -> None:
        """The first `count` lanes of the first `rows` and `columns` of the square."""
        n, b = self.give, self.b
        whole = b.and_(self._is("rows", n), self._is("columns", n))
        whole = b.and_(whole, b.icmp_signed(">=", self.arg["count"], I64(self.lanes)))
        lane = ir.Constant(ir.VectorType(I64, self.lanes), list(range(self.lanes)))
        with b.if_else(whole) as (fast, slow):
            with fast:
                for i in range(n):
                    for j in range(n):
                        b.store(square[i][j].value, self._place("y", "y", i, j), align=self.size)
            with slow:
                some = b.icmp_signed("<", lane, self._splat(self.arg["count"], I64))
                for i in range(n):
                    for j in range(n):
                        row = b.icmp_signed("<", I64(i), self.arg["rows"])
                        with b.if_then(b.and_(row, b.icmp_signed("<", I64(j), self.arg["columns"]))):
                            b.call(self.store_masked, [square[i][j].value, self._place("y", "y", i, j), I32(self.size), some])

    def _is(self, name: str, value: int) -> Any:
        return self.b.icmp_signed("==", self.arg[name], I64(value))

    def _within(self, least: Any, most: Any, n: int) -> list[Any]:
        return [
            self.b.and_(self.b.icmp_signed("<=", least, I64(i)), self.b.icmp_signed("<", I64(i), most)) for i in range(n)
        ]

    def _place(self, array: str, places: str, i: int, j: int) -> Any:
        line, pixel = self.arg[f"{places}_line"], self.arg[f"{places}_pixel"]
        offset = self.b.add(self.b.mul(I64(i), line), self.b.mul(I64(j), pixel))
        return self.b.bitcast(self.b.gep(self.arg[array], [offset]), self.vector.as_pointer())

    def _splat(self, scalar: Any, kind: Any) -> Any:
        vector = ir.VectorType(kind, self.lanes)
        undefined = ir.Constant(vector, ir.Undefined)
        zeros = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return self.b.shuffle_vector(self.b.insert_element(undefined, scalar, I32(0)), undefined, zeros)


PLACES = "x x_line x_pixel top bottom left right y y_line y_pixel rows columns count".split()
POST = "bias centre scale offset residual has_bias has_norm has_residual floor".split()
_ARRAYS = ("x", "y", "bias", "centre", "scale", "offset", "residual")


def _function(
    module: Any, element: Any, names: Sequence[str], sizes: tuple[int, int], formula: Callable[[Line], Line]
) -> Any:
    name = f"netspec_winograd{formula.__name__}_{element}"
    if name in module.globals:
        return module.globals[name]
    kinds = [element.as_pointer() if n in _ARRAYS else element if n == "floor" else I64 for n in names]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    _Transform(function, element, sizes, formula).write()
    return function


def make_transform(sizes: tuple[int, int], formula: Callable[[Line], Line]) -> Any:
    """An intrinsic that transforms one vector of channels.

    transform(x, y, source, target): source = (index, line, pixel, top, bottom, left, right): element (i, j) is the vector at
    x[index + i·line + j·pixel], zero outside the rows and columns given; target = (index, line, pixel, rows, columns, count):
    where the results go, how many rows and columns of them and how many lanes. Up to a vector behind the last channel is read.
    """

    @intrinsic
    def transform(typingctx: Any, x: Any, y: Any, source: Any, target: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = [context.make_array(t)(context, builder, v).data for t, v in zip(signature.args[:2], args, strict=False)]
            function = _function(builder.module, context.get_value_type(x.dtype), PLACES, sizes, formula)
            builder.call(function, _placed(builder, data, args[2], args[3]))
            return context.get_dummy_value()

        return types.void(x, y, source, target), codegen

    return transform


def make_last_transform(sizes: tuple[int, int], formula: Callable[[Line], Line]) -> Any:
    """An intrinsic like those of `make_transform` that finishes what it stores as the end of `tile.py` says.

    transform(x, y, post, source, target, channel, floor) with post = (bias, centre, scale, offset, residual), empty where
    absent; channel: where the vector lies in the first four.
    """

    @intrinsic
    def transform(
        typingctx: Any, x: Any, y: Any, post: Any, source: Any, target: Any, channel: Any, floor: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = [context.make_array(t)(context, builder, v).data for t, v in zip(signature.args[:2], args, strict=False)]
            items = cgutils.unpack_tuple(builder, args[2])
            arrays = [context.make_array(t)(context, builder, item) for t, item in zip(post, items, strict=True)]
            present = [builder.zext(builder.icmp_signed(">", arrays[i].nitems, I64(0)), I64) for i in (0, 2, 4)]
            y_index = cgutils.unpack_tuple(builder, args[4])[0]
            finish = [builder.gep(a.data, [o]) for a, o in zip(arrays, [*[args[5]] * 4, y_index], strict=True)]
            function = _function(builder.module, context.get_value_type(x.dtype), (*PLACES, *POST), sizes, formula)
            builder.call(function, [*_placed(builder, data, args[3], args[4]), *finish, *present, args[6]])
            return context.get_dummy_value()

        return types.void(x, y, post, source, target, channel, x.dtype), codegen

    return transform


def _placed(builder: Any, data: Sequence[Any], source: Any, target: Any) -> list[Any]:
    """The arguments PLACES."""
    x_index, *x_place = cgutils.unpack_tuple(builder, source)
    y_index, *y_place = cgutils.unpack_tuple(builder, target)
    return [builder.gep(data[0], [x_index]), *x_place, builder.gep(data[1], [y_index]), *y_place]


TILE, WINDOW, OUTPUTS, KERNEL = 6, 36, 4, 3
"""Side of an input tile, its elements, side of an output tile, side of the kernel."""

input_transform = make_transform((TILE, TILE), _input)
output_transform = make_last_transform((TILE, OUTPUTS), _output)
weight_transform = make_transform((KERNEL, TILE), _weight)
gradient_transform = make_transform((OUTPUTS, TILE), _gradient)
weight_gradient_transform = make_transform((TILE, KERNEL), _weight_gradient)
