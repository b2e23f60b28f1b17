"""Normalization y = (x − mean) / std, fitted on the training part only, kept with the weights, applied by predict."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from netspec.datasets.base import Array, DataError, MeanStd, Part

_BLOCK = 1 << 16  # values at a time, so that the float64 intermediate stays in cache
_ROWS = 1024  # samples at a time


@dataclass(frozen=True, eq=False)
class Normalization:
    """mean, std: (C,) for pictures, (F,) for vectors, float64, in units of the stored values.

    full_scale: the stored value of a white pixel (255, or 16 for the digits); None where there is none.
    image_shape: (C, H, W) of the pictures that were flattened into vectors in this order; None otherwise.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    full_scale: float | None = 255.0
    image_shape: tuple[int, int, int] | None = None

    def apply(self, x: Array, dtype: DTypeLike = np.float32) -> Array:
        """(x − mean) / std along the last axis, computed in float64 and then rounded to `dtype`; contiguous.

        x: (N, H, W, C) or (N, F). Rounding once makes the result the same whether a whole part or one batch is given.
        """
        if x.shape[-1] != len(self.mean):
            raise ValueError(f"normalization has {len(self.mean)} channels or features, the array {x.shape[-1]}")
        # One long axis: broadcasting over a last axis of 3 channels would be several times slower.
        pixels = math.prod(x.shape[1:-1])
        mean, std = np.tile(self.mean, pixels), np.tile(self.std, pixels)
        rows = max(1, _BLOCK // max(1, len(mean)))
        flat, out = x.reshape(len(x), -1), np.empty((len(x), len(mean)), dtype)
        for start in range(0, len(x), rows):
            block = slice(start, start + rows)
            out[block] = (flat[block].astype(np.float64) - mean) / std
        return out.reshape(x.shape)

    def for_batches(self, stored: DTypeLike, dtype: DTypeLike) -> Callable[[Array], Array]:
        """`apply` to the same bits, for many small arrays of the type `stored`; bytes are looked up in a table."""
        if np.dtype(stored) != np.uint8:
            return lambda x: self.apply(x, dtype)
        table = self.apply(np.tile(np.arange(256, dtype=np.uint8)[:, None], (1, len(self.mean))), dtype)
        return partial(_look_up, np.ascontiguousarray(table.T))

    def flattened(self, shape: tuple[int, int, int]) -> Self:
        """The same for pictures (C, H, W) laid out as vectors of C·H·W values."""
        repeat = shape[1] * shape[2]
        return type(self)(np.repeat(self.mean, repeat), np.repeat(self.std, repeat), self.full_scale, shape)

    def to_json(self) -> str:
        """Text that `from_json` reads back exactly (floats round-trip)."""
        return json.dumps(
            {
                "mean": self.mean.tolist(),
                "std": self.std.tolist(),
                "full_scale": self.full_scale,
                "image_shape": self.image_shape,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Raises ValueError for anything else."""
        try:
            item: dict[str, Any] = json.loads(text)
            mean, std = (np.asarray(item[k], np.float64) for k in ("mean", "std"))
            shape = tuple(int(n) for n in item["image_shape"]) if item["image_shape"] is not None else None
            scale = float(item["full_scale"]) if item["full_scale"] is not None else None
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a stored normalization: {error!r}") from error
        if mean.ndim != 1 or mean.shape != std.shape or not np.all(np.isfinite(mean)) or not np.all(std > 0):
            raise ValueError("not a stored normalization: mean and std must be lists of one length, std > 0")
        return cls(mean, std, scale, shape)  # type: ignore[arg-type]


def _look_up(table: Array, x: Array) -> Array:
    """table[channel, x] of bytes (N, …, C)."""
    from netspec.kernels.pictures import normalize_bytes
    from netspec.kernels.serial import run_serial

    y = np.empty(x.shape, table.dtype)
    size = math.prod(x.shape[1:])
    run_serial(
        normalize_bytes, table.dtype.name, x=x, table=table, y=y, samples=len(x), size=size, channels=x.shape[-1]
    )
    return y


def fit_normalization(
    rule: Literal["standard", "unit", "none"] | MeanStd, train: Part, full_scale: float | None
) -> tuple[Normalization, tuple[str, ...]]:
    """The normalization that `rule` asks for, its statistics from `train` alone, and notes for the user."""
    n = train.x.shape[-1]
    if isinstance(rule, MeanStd):
        return Normalization(_expand(rule.mean, n, "mean"), _expand(rule.std, n, "std"), full_scale), ()
    if rule == "none":
        return Normalization(np.zeros(n), np.ones(n), full_scale), ()
    if rule == "unit":
        if full_scale is None:
            raise DataError(
                f'[data] normalize: "unit" divides pixels by their white value, but these are {train.x.dtype} numbers '
                f"from {train.x.min():g} to {train.x.max():g}",
                'use normalize = "standard", "none" or { mean = [0], std = [the largest value] }',
            )
        return Normalization(np.zeros(n), np.full(n, full_scale), full_scale), ()
    mean, std = _statistics(train.x)
    constant = std == 0
    std[constant] = 1.0
    return Normalization(mean, std, full_scale), _constant_notes(constant, train)


def _constant_notes(constant: NDArray[np.bool_], train: Part) -> tuple[str, ...]:
    if not constant.any():
        return ()
    kind = "channels" if train.has_images else "features"
    which = ", ".join(str(i) for i in np.flatnonzero(constant)[:8]) + (", …" if constant.sum() > 8 else "")
    return (
        f"normalize: {constant.sum()} of {len(constant)} {kind} never change in the training part ({which}); "
        "their standard deviation 0 is replaced by 1",
    )


def _expand(values: list[float], n: int, which: str) -> NDArray[np.float64]:
    if len(values) not in (1, n):
        raise DataError(
            f"[data] normalize.{which}: {len(values)} numbers for data with {n} channels or features",
            f"give 1 number for all, or {n}",
        )
    return np.broadcast_to(np.asarray(values, np.float64), (n,)).copy()


def _statistics(x: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and population standard deviation over all axes but the last, in float64.

    8-bit pictures are counted into histograms, which is exact; other arrays take two passes.
    """
    if x.dtype == np.uint8:
        return _histogram_statistics(x)
    rows = x.size // x.shape[-1]
    axes = tuple(range(x.ndim - 1))
    blocks = [x[i : i + _ROWS] for i in range(0, len(x), _ROWS)]
    mean = np.sum([b.astype(np.float64).sum(axis=axes) for b in blocks], axis=0) / rows
    square = np.sum([((b.astype(np.float64) - mean) ** 2).sum(axis=axes) for b in blocks], axis=0) / rows
    std = np.sqrt(square)
    # A constant column may leave rounding noise in the mean; its spread is exactly 0.
    std[x.max(axis=axes) == x.min(axis=axes)] = 0.0
    return mean, std


def _histogram_statistics(x: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    channels = x.shape[-1]
    counts = np.zeros((channels, 256))
    for start in range(0, len(x), _ROWS):
        block = x[start : start + _ROWS].reshape(-1, channels)
        for c in range(channels):
            counts[c] += np.bincount(block[:, c], minlength=256)
    values, total = np.arange(256.0), x.size // channels
    mean = counts @ values / total
    spread = np.sqrt(np.sum(counts * (values - mean[:, None]) ** 2, axis=1) / total)
    spread[(counts > 0).sum(axis=1) == 1] = 0.0
    return mean, spread
