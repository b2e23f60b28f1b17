"""Calls → the machine's table: every buffer gets its address, every argument its slots."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.abi import Argument, ElementType
from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.kernels.machine import execute

Memory = Mapping[str, NDArray[Any]]
"""Where each buffer lies: contiguous arrays by buffer name."""


def element_type(element: ElementType, dtype: str) -> np.dtype[Any]:
    """NumPy type of a buffer's elements when the compute dtype is "float32" or "float64"."""
    return np.dtype({"float": dtype, "double": "float64", "int": "int64"}[element])


class BoundCalls:
    """A list of calls ready to run; holds on to the memory it points into."""

    def __init__(self, calls: Sequence[Call], memory: Memory, dtype: str) -> None:
        self.calls = tuple(calls)
        self._memory = memory
        self._dtype = dtype
        self._tables: list[NDArray[np.int64]] = []
        blocks = [self._argument_block(call) for call in calls]
        self._arguments = np.array([slot for block in blocks for slot in block] or [0], dtype=np.int64)
        self._table = np.empty((len(blocks), 3), dtype=np.int64)
        start = self._arguments.ctypes.data
        for row, (call, block) in enumerate(zip(calls, blocks, strict=True)):
            self._table[row] = call.kernel.address(dtype), start, call.chunks
            start += 8 * len(block)

    def run(self) -> None:
        """Run all calls in order."""
        execute(self._table)

    def run_part(self, first: int, last: int) -> None:
        """Run calls first … last − 1: for timing and for looking between layers."""
        execute(self._table[first:last])

    def _argument_block(self, call: Call) -> list[int]:
        block: list[int] = []
        for name, role in call.kernel.parameters.items():
            value = call.arguments[name]
            if isinstance(role, Argument):
                block += self._array_slots(value)
            elif role is float:
                assert isinstance(value, int | float)
                block.append(struct.unpack("<q", struct.pack("<d", value))[0])
            else:
                assert isinstance(value, int)
                block.append(value)
        return block

    def _array_slots(self, value: ArgumentValue) -> list[int]:
        if isinstance(value, np.ndarray):
            table = np.ascontiguousarray(value, dtype=np.int64)
            self._tables.append(table)
            return [table.ctypes.data, table.size]
        assert isinstance(value, Ref)
        if value.size == 0:
            return [0, 0]
        array = self._memory[value.buffer]
        expected = element_type(value.element, self._dtype)
        if array.dtype != expected or not array.flags.c_contiguous or value.offset + value.size > array.size:
            raise ValueError(f"{value} does not fit its memory: {array.dtype} × {array.size}, expected {expected}")
        return [array.ctypes.data + value.offset * expected.itemsize, value.size]
