"""The vector micro-kernel: a register tile of a contraction, emitted as LLVM vector code for the host's width.

c[m, n] = first + Σ_t Σ_k a[rows(m) + taps(t) + k·a_step] · b[taps'(t)·b_unit + k·b_step + n]

for a tile of `rows` × (`vectors` · lanes) elements, all of which stay in registers while t and k run. `first` is zero, the
bias, or what c held. Convolution and linear layers, forward and backward, are this formula with other tables (see
`contract.py`). Up to a vector behind the last column is read, never written: arrays have that much room behind their end.

Before a finished sum s is stored, it may become max((s − centre[n]) · scale[n] + offset[n] + residual[m, n], floor): the
normalization, the sum and the activation that follow a layer, while the numbers are still in registers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

I32, I64 = ir.IntType(32), ir.IntType(64)


def _host_vector_bytes() -> int:
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64
    return 32 if features.get("avx") else 16


VECTOR_BYTES = _host_vector_bytes()
"""Width of the host's vector registers."""

TALL, MIDDLE, LOW = ((12, 24), (8, 8), (4, 4)) if VECTOR_BYTES != 32 else ((6, 10), (4, 4), (2, 2))
"""Heights of the tiles that exist, of two vectors and of one: 24 sums and what feeds them fill 32 vector registers, 10 to 12
the 16 of AVX. Measured on Zen 5: 12 × 2 and 8 × 2 reach 240 GFLOP/s, 24 × 1 and 8 × 1 200, 4 × 2 205, 4 × 1 130."""

FROM_ZERO, FROM_BIAS, FROM_RESULT = 0, 1, 2
"""What the sums of a tile start from: zero, the bias of each column, or what c holds."""


class _Tile:
    """Writes the code of one tile; the methods follow the order of the code."""

    def __init__(self, function: Any, element: Any, rows: int, vectors: int) -> None:
        self.arg = dict(zip(ARGUMENTS, function.args, strict=True))
        self.b = ir.IRBuilder(function.append_basic_block("entry"))
        self.rows, self.vectors = rows, vectors
        self.size = 4 if isinstance(element, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.size
        self.element, self.vector = element, ir.VectorType(element, self.lanes)
        self.suffix = f"v{self.lanes}f{8 * self.size}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fma = cgutils.get_or_insert_function(function.module, kind, f"llvm.fma.{self.suffix}")

    def write(self) -> None:
        """The whole function."""
        first = self._initial(self._pointers("c", self._row_offsets("c_rows", self.arg["c_unit"])))
        sums = self._reduce(self._pointers("a", self._row_offsets("a_rows", None)), first)
        rows = self._row_offsets("c_rows", self.arg["c_unit"])
        sums = self._with_residual(self._normalized(sums), self._pointers("residual", rows))
        self._store_rows(self._floored(sums), self._pointers("c", rows))
        self.b.ret_void()

    def _row_offsets(self, table: str, unit: Any) -> list[Any]:
        """Rows past the end repeat the last valid one: they are computed, never stored, and read no foreign memory."""
        end = self.b.sub(self.arg["valid"], I64(1))
        index = [self.b.select(self.b.icmp_signed("<", I64(m), end), I64(m), end) for m in range(self.rows)]
        offsets = [self.b.load(self.b.gep(self.arg[table], [i])) for i in index]
        return [self.b.mul(offset, unit) for offset in offsets] if unit else offsets

    def _pointers(self, array: str, offsets: list[Any]) -> list[Any]:
        return [self.b.gep(self.arg[array], [offset]) for offset in offsets]

    def _initial(self, c: list[Any]) -> list[list[Any]]:
        """The first value of every element, [row][vector]."""
        begin, done = self.b.block, self.b.append_basic_block("start")
        bias, result = self.b.append_basic_block("bias"), self.b.append_basic_block("result")
        switch = self.b.switch(self.arg["start"], done)
        switch.add_case(I64(FROM_BIAS), bias)
        switch.add_case(I64(FROM_RESULT), result)
        self.b.position_at_end(bias)
        row = [self._load(self.arg["bias"], v) for v in range(self.vectors)]
        self.b.branch(done)
        self.b.position_at_end(result)
        held = [[self._load(pointer, v) for v in range(self.vectors)] for pointer in c]
        self.b.branch(done)
        self.b.position_at_end(done)
        zero = ir.Constant(self.vector, [self.element(0.0)] * self.lanes)
        return [
            [self._phi(self.vector, (zero, begin), (row[v], bias), (held[m][v], result)) for v in range(self.vectors)]
            for m in range(self.rows)
        ]

    def _reduce(self, a: list[Any], first: list[list[Any]]) -> list[list[Any]]:
        """The two nested loops; returns the sums [row][vector]."""
        taps, entry = self.arg["taps"], self.b.block
        outer, body = self.b.append_basic_block("taps"), self.b.append_basic_block("inner")
        outer_end, done = self.b.append_basic_block("tap_end"), self.b.append_basic_block("done")
        self.b.cbranch(self.b.icmp_signed(">", taps, I64(0)), outer, done)

        self.b.position_at_end(outer)
        t = self._phi(I64, (I64(0), entry))
        outer_sums = [[self._phi(self.vector, (value, entry)) for value in row] for row in first]
        a_offset = self.b.load(self.b.gep(self.arg["a_taps"], [t]))
        b_offset = self.b.mul(self.b.load(self.b.gep(self.arg["b_taps"], [t])), self.arg["b_unit"])
        b_tap = self.b.gep(self.arg["b"], [b_offset])
        self.b.branch(body)

        self.b.position_at_end(body)
        k = self._phi(I64, (I64(0), outer))
        sums = [[self._phi(self.vector, (value, outer)) for value in row] for row in outer_sums]
        b_row = self.b.gep(b_tap, [self.b.mul(k, self.arg["b_step"])])
        columns = [self._load(b_row, v) for v in range(self.vectors)]
        a_index = self.b.add(a_offset, self.b.mul(k, self.arg["a_step"]))
        new = []
        for m in range(self.rows):
            scalar = self._splat(self.b.load(self.b.gep(a[m], [a_index])), self.element)
            new.append([self.b.call(self.fma, [scalar, columns[v], sums[m][v]]) for v in range(self.vectors)])
        self._loop(k, self.arg["inner"], sums, new, body, outer_end)

        self.b.position_at_end(outer_end)
        self._loop(t, taps, outer_sums, new, outer, done)

        self.b.position_at_end(done)
        return [
            [self._phi(self.vector, (first[m][v], entry), (new[m][v], outer_end)) for v in range(self.vectors)]
            for m in range(self.rows)
        ]

    def _loop(self, index: Any, count: Any, phis: list[list[Any]], new: list[list[Any]], again: Any, after: Any) -> None:
        """Feed the new sums back and go round, or on."""
        block, following = self.b.block, self.b.add(index, I64(1))
        index.add_incoming(following, block)
        for phi_row, row in zip(phis, new, strict=True):
            for phi, value in zip(phi_row, row, strict=True):
                phi.add_incoming(value, block)
        self.b.cbranch(self.b.icmp_signed("<", following, count), again, after)

    def _normalized(self, sums: list[list[Any]]) -> list[list[Any]]:
        """(s − centre) · scale + offset, where there is a scale."""

        def work() -> list[list[Any]]:
            centre, scale, offset = (
                [self._load(self.arg[name], v) for v in range(self.vectors)] for name in ("centre", "scale", "offset")
            )
            columns = list(zip(centre, scale, offset, strict=True))
            return [
                [self.b.call(self.fma, [self.b.fsub(s, c), g, o]) for s, (c, g, o) in zip(row, columns, strict=True)]
                for row in sums
            ]

        return self._if("has_norm", sums, work)

    def _with_residual(self, sums: list[list[Any]], residual: list[Any]) -> list[list[Any]]:
        def work() -> list[list[Any]]:
            return [
                [self.b.fadd(s, self._load(pointer, v)) for v, s in enumerate(row)]
                for row, pointer in zip(sums, residual, strict=True)
            ]

        return self._if("has_residual", sums, work)

    def _if(self, flag: str, sums: list[list[Any]], work: Callable[[], list[list[Any]]]) -> list[list[Any]]:
        """What the work makes of the sums where the flag is set."""
        before = self.b.block
        with self.b.if_then(self.b.icmp_signed("!=", self.arg[flag], I64(0))):
            changed, inside = work(), self.b.block
        return [
            [self._phi(self.vector, (s, before), (new, inside)) for s, new in zip(*rows, strict=True)]
            for rows in zip(sums, changed, strict=True)
        ]

    def _floored(self, sums: list[list[Any]]) -> list[list[Any]]:
        """max(s, floor), one instruction; NaN stays."""
        floor = self._splat(self.arg["floor"], self.element)
        return [[self.b.select(self.b.fcmp_ordered("<", s, floor), floor, s) for s in row] for row in sums]

    def _store_rows(self, sums: list[list[Any]], c: list[Any]) -> None:
        """The rows below `valid`; the last vector is masked, so that no column past the end is touched."""
        lane = ir.Constant(ir.VectorType(I64, self.lanes), list(range(self.lanes)))
        last = self.b.sub(self.arg["columns"], I64((self.vectors - 1) * self.lanes))
        mask = self.b.icmp_signed("<", lane, self._splat(last, I64))
        kind = ir.FunctionType(ir.VoidType(), [self.vector, self.vector.as_pointer(), I32, mask.type])
        store_masked = cgutils.get_or_insert_function(self.b.module, kind, f"llvm.masked.store.{self.suffix}.p0")
        for m, row in enumerate(sums):
            with self.b.if_then(self.b.icmp_signed("<", I64(m), self.arg["valid"])):
                for v, value in enumerate(row[:-1]):
                    self.b.store(value, self._at(c[m], v), align=self.size)
                self.b.call(store_masked, [row[-1], self._at(c[m], self.vectors - 1), I32(self.size), mask])

    def _load(self, pointer: Any, index: int) -> Any:
        return self.b.load(self._at(pointer, index), align=self.size)

    def _at(self, pointer: Any, index: int) -> Any:
        return self.b.bitcast(self.b.gep(pointer, [I64(index * self.lanes)]), self.vector.as_pointer())

    def _splat(self, scalar: Any, kind: Any) -> Any:
        vector = ir.VectorType(kind, self.lanes)
        undefined = ir.Constant(vector, ir.Undefined)
        zeros = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return self.b.shuffle_vector(self.b.insert_element(undefined, scalar, I32(0)), undefined, zeros)

    def _phi(self, kind: Any, *incoming: tuple[Any, Any]) -> Any:
        phi = self.b.phi(kind)
        for value, block in incoming:
            phi.add_incoming(value, block)
        return phi


FLOATS = ("a", "b", "bias", "c", "centre", "scale", "offset", "residual")
TABLES = ("a_rows", "c_rows", "a_taps", "b_taps")
NUMBERS = "taps inner a_step b_step b_unit c_unit valid columns start has_norm has_residual".split()
ARGUMENTS = (*FLOATS, *TABLES, *NUMBERS, "floor")


def _tile_function(module: Any, element: Any, rows: int, vectors: int) -> Any:
    """The tile as a function of its own: inlined, it would have to share the general registers with its callers' loops."""
    name = f"netspec_tile_{rows}x{vectors}_{element}"
    if name in module.globals:
        return module.globals[name]
    arrays = [*[element.as_pointer()] * len(FLOATS), *[I64.as_pointer()] * len(TABLES)]
    kind = ir.FunctionType(ir.VoidType(), [*arrays, *[I64] * len(NUMBERS), element])
    function = ir.Function(module, kind, name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    _Tile(function, element, rows, vectors).write()
    return function


def make_tile(rows: int, vectors: int) -> Any:
    """An intrinsic that computes one tile.

    tile(arrays, tables, at, numbers, floor) with arrays = (a, b, bias, c, centre, scale, offset, residual), all flat; tables =
    (a_rows, c_rows, a_taps, b_taps); at = (a0, b0, bias0, c0, m0, t0) offsets in elements, bias0 also into the normalization
    and c0 into the residual; numbers = (taps, inner, a_step, b_step, b_unit, c_unit, valid_rows, columns, start): b_taps and
    c_rows are multiplied by their units; start is one of FROM_ZERO, FROM_BIAS, FROM_RESULT. An empty scale or residual is none.
    """

    @intrinsic
    def tile(typingctx: Any, arrays: Any, tables: Any, at: Any, numbers: Any, floor: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            def unpacked(kind: Any, value: Any) -> list[Any]:
                items = cgutils.unpack_tuple(builder, value)
                return [context.make_array(t)(context, builder, item) for t, item in zip(kind, items, strict=True)]

            floats, ints = unpacked(arrays, args[0]), unpacked(tables, args[1])
            a0, b0, bias0, c0, m0, t0 = cgutils.unpack_tuple(builder, args[2])
            offsets = (a0, b0, bias0, c0, bias0, bias0, bias0, c0, m0, m0, t0, t0)
            pointers = [builder.gep(array.data, [o]) for array, o in zip([*floats, *ints], offsets, strict=True)]
            present = [builder.zext(builder.icmp_signed(">", floats[i].nitems, I64(0)), I64) for i in (5, 7)]
            function = _tile_function(builder.module, context.get_value_type(arrays[0].dtype), rows, vectors)
            builder.call(function, [*pointers, *cgutils.unpack_tuple(builder, args[3]), *present, args[4]])
            return context.get_dummy_value()

        return types.void(arrays, tables, at, numbers, arrays[0].dtype), codegen

    return tile
