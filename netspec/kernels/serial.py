"""A kernel called on its own, outside of any program: in the calling thread, which does not hold Python's lock meanwhile."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.kernels.abi import Argument, Kernel, element_name

ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_void_p)


def run_serial(kernel: Kernel, dtype: str, **arguments: NDArray[Any] | int) -> None:
    """One call with a single chunk. dtype: of its In and Out arrays; each array is contiguous and of its role's type."""
    block: list[int] = []
    for name, role in kernel.parameters.items():
        value = arguments[name]
        if isinstance(value, np.ndarray):
            assert isinstance(role, Argument)
            expected = element_name(role.element, dtype)
            if value.dtype != expected or not value.flags.c_contiguous:
                raise ValueError(f"{kernel.name}: {name} is {value.dtype}, wanted is contiguous {expected}")
            block += [value.ctypes.data, value.size]
        else:
            block.append(int(value))
    table = np.array(block, np.int64)
    ENTRY(kernel.address(dtype))(0, 1, 0, table.ctypes.data)
