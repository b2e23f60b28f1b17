"""A look at parameters around one step: histograms of weights and gradients, and how far the step moved them.

For each parameter tensor w, with w' after the step and the gradient g that the update read (the mean over the batch or
over the accumulated batches, scaled by clip_norm, before clip_value and weight decay):

    shape: as PyTorch has it
    norm = ‖w‖₂,  update = ‖w' − w‖₂,  ratio = update / norm (none where norm is 0, and of frozen tensors)
    weights, gradients: {"low", "high", "counts", "nonfinite"} of w' and g: counts in BINS bins of one width from the least
    to the greatest finite value; a bin holds its left edge, the last one both. Edges are rounded to the values' type.

Norms are sums in float64.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.plan.layout import Layout

BINS = 48
BLOCK = 1 << 16
"""Numbers worked on at once, in the cache."""
WIDTHS = 1e-30, 1e30
"""From least to greatest: other widths, and what bins are made of, are no numbers of float32."""

Array = NDArray[Any]


def histogram(values: Array) -> dict[str, Any]:
    """The histogram of all finite values; without one, low and high are None."""
    flat = values.reshape(-1)
    low, high, broken = _extent(flat)
    if low is None or high is None:
        return {"low": None, "high": None, "counts": [0] * BINS, "nonfinite": broken}
    counts = np.zeros(BINS + 1, np.int64)
    scale = BINS / (high - low) if high > low else 0.0
    dtype = flat.dtype if WIDTHS[0] < high - low < WIDTHS[1] else np.dtype(np.float64)
    for start in range(0, flat.size, BLOCK):
        block = flat[start : start + BLOCK]
        block = block[np.isfinite(block)] if broken else block
        places = np.subtract(block, low, dtype=dtype)
        places *= dtype.type(scale)
        counts += np.bincount(places.astype(np.intp), minlength=BINS + 1)
    counts[BINS - 1] += counts[BINS]  # the greatest values
    return {"low": low, "high": high, "counts": counts[:BINS].tolist(), "nonfinite": broken}


def _extent(flat: Array) -> tuple[float | None, float | None, int]:
    """Least and greatest finite value, and how many are not finite."""
    if flat.size == 0:
        return None, None, 0
    low, high = float(flat.min()), float(flat.max())
    if math.isfinite(low) and math.isfinite(high):
        return low, high, 0
    finite = flat[np.isfinite(flat)]
    broken = int(flat.size - finite.size)
    return (float(finite.min()), float(finite.max()), broken) if finite.size else (None, None, broken)


def norm(values: Array, minus: Array | None = None) -> float:
    """‖values − minus‖₂ in float64."""
    total = 0.0
    for start in range(0, values.size, BLOCK):
        block = values[start : start + BLOCK].astype(np.float64)
        if minus is not None:
            block -= minus[start : start + BLOCK]
        total += float(np.square(block, out=block).sum())  # not block @ block: BLAS would wake threads of its own
    return math.sqrt(total) if total >= 0 else math.nan


def look_at_tensors(layout: Layout, arrays: Mapping[str, Array], before: Array) -> dict[str, dict[str, Any]]:
    """Parameter name → what the module's text says.

    arrays: the lane's "parameters" and "gradients"; before: the first `layout.updated_size` parameters before the step.
    """
    found = {}
    for name, entry in layout.parameters.items():
        places = slice(entry.offset, entry.offset + entry.tensor.size)
        after, moves = arrays["parameters"][places], entry.offset < layout.updated_size
        length = norm(before[places] if moves else after)
        update = norm(after, before[places]) if moves else None
        found[name] = {
            "shape": list(entry.tensor.shape),
            "norm": length,
            "update": update,
            "ratio": update / length if update is not None and length else None,
            "weights": histogram(after),
            "gradients": histogram(arrays["gradients"][places]) if moves else None,
        }
    return found
