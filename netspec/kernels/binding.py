"""Calls → the machine's table: every buffer gets its address, every argument its slots."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from netspec.kernels.abi import Argument, ElementType, element_name
from netspec.kernels.calls import ArgumentValue, Call, Ref, Region
from netspec.kernels.machine import execute

Memory = Mapping[str, NDArray[Any]]
"""Where each buffer lies: contiguous arrays by buffer name."""


def element_type(element: ElementType, dtype: str) -> np.dtype[Any]:
    """NumPy type of a buffer's elements when the compute dtype is "float32" or "float64"."""
    return np.dtype(element_name(element, dtype))


class BoundCalls:
    """A list of calls ready to run; holds on to the memory it points into."""

    def __init__(
        self, calls: Sequence[Call], memory: Memory, dtype: str, regions: Sequence[Region] | None = None,
        prepared: int = 0,
    ) -> None:  # fmt: skip
        """regions: default, each call for itself; prepared: how many calls at the start run only on `prepare`."""
        self.calls = tuple(calls)
        each = [Region(i, i + 1) for i in range(len(calls))]
        regions = each if regions is None else regions
        self.prepared = prepared
        self._whole = self._make_units([region for region in regions if region.first >= prepared])
        self._single = self._make_units(each)
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
        """Run all calls but the prepared ones, region after region."""
        execute(self._table, *self._whole, get_num_threads())

    def prepare(self) -> None:
        """Run the calls whose results later runs find."""
        self.run_part(0, self.prepared)

    def run_part(self, first: int, last: int) -> None:
        """Run calls first … last − 1: for timing and for looking between layers."""
        units, regions = self._single
        execute(self._table, units, regions[first:last], get_num_threads())

    def _make_units(self, regions: Sequence[Region]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The machine's units and regions: what one thread does without waiting, and which of them run side by side."""
        units: list[tuple[int, int, int]] = []
        bounds = []
        for region in regions:
            first = len(units)
            if region.by_sample:
                units += [(region.first, region.last, chunk) for chunk in range(self.calls[region.first].chunks)]
            else:
                numbers = range(region.first, region.last)
                units += [(i, i + 1, chunk) for i in numbers for chunk in range(self.calls[i].chunks)]
            bounds.append((first, len(units)))
        return np.array(units, dtype=np.int64).reshape(-1, 3), np.array(bounds, dtype=np.int64).reshape(-1, 2)

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
