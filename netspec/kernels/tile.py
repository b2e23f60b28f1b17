"""The vector micro-kernel: a register tile of a contraction, emitted as LLVM vector code for the host's width.

c[m, n] = bias[n] + Σ_t Σ_k a[rows(m) + taps(t) + k·a_step] · b[taps'(t) + k·b_step + n]

for a tile of `rows` × (`vectors` · lanes) elements, all of which stay in registers while t and k run. Convolution and
linear layers, forward and backward, are this formula with other tables (see `contract.py`).
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

I64 = ir.IntType(64)


def _host_vector_bytes() -> int:
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64
    return 32 if features.get("avx") else 16


VECTOR_BYTES = _host_vector_bytes()
"""Width of the host's vector registers."""

TILE_ROWS = (14, 8, 4) if VECTOR_BYTES != 32 else (6, 4, 2)
"""Heights of the tiles that exist: 14 × 2 accumulators fill 32 vector registers, 6 × 2 fill 16."""


class _Tile:
    """Emits the code of one tile; the methods follow the order of the code."""

    def __init__(self, builder: Any, element: Any, rows: int, vectors: int, last_columns: Any) -> None:
        self.b = builder
        self.rows, self.vectors = rows, vectors
        self.size = 4 if isinstance(element, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.size
        self.element, self.vector = element, ir.VectorType(element, self.lanes)
        self.suffix = f"v{self.lanes}f{8 * self.size}"
        bits = ir.VectorType(ir.IntType(1), self.lanes)
        lane = ir.Constant(ir.VectorType(I64, self.lanes), list(range(self.lanes)))
        self.mask = builder.icmp_signed("<", lane, self.splat(last_columns, I64))
        self.load_masked = self._declare("load", self.vector, [self._pointer(), ir.IntType(32), bits, self.vector])
        self.store_masked = self._declare("store", ir.VoidType(), [self.vector, self._pointer(), ir.IntType(32), bits])
        self.fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(self.vector, [self.vector] * 3), f"llvm.fma.{self.suffix}"
        )

    def _pointer(self) -> Any:
        return self.vector.as_pointer()

    def _declare(self, what: str, result: Any, arguments: list[Any]) -> Any:
        name = f"llvm.masked.{what}.{self.suffix}.p0"
        return cgutils.get_or_insert_function(self.b.module, ir.FunctionType(result, arguments), name)

    def splat(self, scalar: Any, kind: Any) -> Any:
        vector = ir.VectorType(kind, self.lanes)
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        undefined = ir.Constant(vector, ir.Undefined)
        return self.b.shuffle_vector(self.b.insert_element(undefined, scalar, ir.IntType(32)(0)), undefined, zeros)

    def load(self, pointer: Any, index: int) -> Any:
        """Vector `index` of a row; the last one is masked, so that no column past the end is touched."""
        where = self._at(pointer, index)
        if index < self.vectors - 1:
            return self.b.load(where, align=self.size)
        zero = ir.Constant(self.vector, [self.element(0.0)] * self.lanes)
        return self.b.call(self.load_masked, [where, ir.IntType(32)(self.size), self.mask, zero])

    def store(self, value: Any, pointer: Any, index: int) -> None:
        where = self._at(pointer, index)
        if index < self.vectors - 1:
            self.b.store(value, where, align=self.size)
        else:
            self.b.call(self.store_masked, [value, where, ir.IntType(32)(self.size), self.mask])

    def _at(self, pointer: Any, index: int) -> Any:
        return self.b.bitcast(self.b.gep(pointer, [I64(index * self.lanes)]), self._pointer())

    def initial(self, bias: Any, has_bias: Any) -> list[Any]:
        """The first value of every row: the bias, or zero."""
        zero = ir.Constant(self.vector, [self.element(0.0)] * self.lanes)
        before = self.b.block
        load, after = self.b.append_basic_block("bias"), self.b.append_basic_block("start")
        self.b.cbranch(has_bias, load, after)
        self.b.position_at_end(load)
        loaded = [self.load(bias, v) for v in range(self.vectors)]
        self.b.branch(after)
        self.b.position_at_end(after)
        return [self._phi(self.vector, (zero, before), (value, load)) for value in loaded]

    def _phi(self, kind: Any, *incoming: tuple[Any, Any]) -> Any:
        phi = self.b.phi(kind)
        for value, block in incoming:
            phi.add_incoming(value, block)
        return phi

    def reduce(self, a: list[Any], b: Any, taps: tuple[Any, Any, Any], inner: tuple[Any, Any, Any], first: list[Any]) -> Any:
        """The two nested loops; returns the accumulators [row][vector]."""
        a_taps, b_taps, tap_count = taps
        count, a_step, b_step = inner
        entry = self.b.block
        outer, body = self.b.append_basic_block("taps"), self.b.append_basic_block("inner")
        outer_end, done = self.b.append_basic_block("tap_end"), self.b.append_basic_block("done")
        self.b.cbranch(self.b.icmp_signed(">", tap_count, I64(0)), outer, done)

        self.b.position_at_end(outer)
        t = self._phi(I64, (I64(0), entry))
        outer_sums = [[self._phi(self.vector, (value, entry)) for value in first] for _ in range(self.rows)]
        a_offset = self.b.load(self.b.gep(a_taps, [t]))
        b_row = self.b.gep(b, [self.b.load(self.b.gep(b_taps, [t]))])
        self.b.branch(body)

        self.b.position_at_end(body)
        k = self._phi(I64, (I64(0), outer))
        sums = [[self._phi(self.vector, (value, outer)) for value in row] for row in outer_sums]
        row_pointer = self.b.gep(b_row, [self.b.mul(k, b_step)])
        columns = [self.load(row_pointer, v) for v in range(self.vectors)]
        a_index = self.b.add(a_offset, self.b.mul(k, a_step))
        new = []
        for m in range(self.rows):
            scalar = self.splat(self.b.load(self.b.gep(a[m], [a_index])), self.element)
            new.append([self.b.call(self.fma, [scalar, columns[v], sums[m][v]]) for v in range(self.vectors)])
        next_k = self.b.add(k, I64(1))
        k.add_incoming(next_k, body)
        self._feed_back(sums, new, body)
        self.b.cbranch(self.b.icmp_signed("<", next_k, count), body, outer_end)

        self.b.position_at_end(outer_end)
        next_t = self.b.add(t, I64(1))
        t.add_incoming(next_t, outer_end)
        self._feed_back(outer_sums, new, outer_end)
        self.b.cbranch(self.b.icmp_signed("<", next_t, tap_count), outer, done)

        self.b.position_at_end(done)
        return [
            [self._phi(self.vector, (first[v], entry), (new[m][v], outer_end)) for v in range(self.vectors)]
            for m in range(self.rows)
        ]

    @staticmethod
    def _feed_back(phis: list[list[Any]], values: list[list[Any]], block: Any) -> None:
        for phi_row, value_row in zip(phis, values, strict=True):
            for phi, value in zip(phi_row, value_row, strict=True):
                phi.add_incoming(value, block)

    def write(self, sums: list[list[Any]], c: list[Any], valid_rows: Any) -> None:
        """Store the rows below valid_rows."""
        for m, row in enumerate(sums):
            with self.b.if_then(self.b.icmp_signed("<", I64(m), valid_rows)):
                for v, value in enumerate(row):
                    self.store(value, c[m], v)


def make_tile(rows: int, vectors: int) -> Any:
    """An intrinsic that computes one tile.

    tile(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers) with flat arrays and
    at = (a0, b0, bias0, c0, m0, t0) offsets in elements, numbers = (taps, inner, a_step, b_step, valid_rows, last_columns,
    has_bias).
    """

    @intrinsic
    def tile(
        typingctx: Any, a: Any, b: Any, bias: Any, c: Any, a_rows: Any, c_rows: Any, a_taps: Any, b_taps: Any,
        at: Any, numbers: Any,
    ) -> Any:  # fmt: skip
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            element = context.get_value_type(a.dtype)
            data = [context.make_array(t)(context, builder, v).data for t, v in zip(signature.args[:8], args, strict=False)]
            a0, b0, bias0, c0, m0, t0 = cgutils.unpack_tuple(builder, args[8])
            taps, inner, a_step, b_step, valid, last_columns, has_bias = cgutils.unpack_tuple(builder, args[9])
            code = _Tile(builder, element, rows, vectors, last_columns)

            def row_pointers(table: Any, base: Any) -> list[Any]:
                # Rows past the end repeat the last valid one: they are computed, never stored, and read no foreign memory.
                first, end = builder.gep(table, [m0]), builder.sub(valid, I64(1))
                index = [builder.select(builder.icmp_signed("<", I64(m), valid), I64(m), end) for m in range(rows)]
                return [builder.gep(base, [builder.load(builder.gep(first, [i]))]) for i in index]

            a_pointers = row_pointers(data[4], builder.gep(data[0], [a0]))
            start = code.initial(builder.gep(data[2], [bias0]), builder.icmp_signed("!=", has_bias, I64(0)))
            sums = code.reduce(
                a_pointers,
                builder.gep(data[1], [b0]),
                (builder.gep(data[6], [t0]), builder.gep(data[7], [t0]), taps),
                (inner, a_step, b_step),
                start,
            )
            code.write(sums, row_pointers(data[5], builder.gep(data[3], [c0])), valid)
            return context.get_dummy_value()

        return types.void(a, b, bias, c, a_rows, c_rows, a_taps, b_taps, at, numbers), codegen

    return tile
