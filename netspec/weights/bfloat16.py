"""bfloat16, which NumPy lacks: the upper half of a float32, so that widening is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def widened(halves: NDArray[Any]) -> NDArray[np.float32]:
    """Unsigned 16-bit numbers, in any order of bytes, as the float32 whose upper half they are."""
    return (halves.astype(np.uint32) << np.uint32(16)).view(np.float32)
