"""Statistics over rows and the affine maps they lead to, per channel of a matrix (rows, channels).

Sums are taken in float64 in stretches of tiled channels (`columns.py`): first per chunk, then over the chunks in order,
so their bits depend on the number of chunks but never on the number of threads.
"""

from __future__ import annotations

import numpy as np

from netspec.kernels.abi import Array, Doubles, DoublesOut, In, Out, in_place_kernel, inlined, kernel, span


@kernel
def deviation_sums(chunk: int, chunks: int, x: In, origin: Doubles, sums: DoublesOut, channels: int) -> None:
    """sums (chunks, 2, width): Σ (x − origin) and Σ (x − origin)² over the chunk's rows; origin is tiled.

    An origin among the values keeps the variance from cancelling (Chan, Golub & LeVeque 1983, Am. Stat. 37, §2).
    """
    width = origin.size
    first_sum = sums[2 * chunk * width : (2 * chunk + 1) * width]
    second_sum = sums[(2 * chunk + 1) * width : (2 * chunk + 2) * width]
    first_sum[:] = 0
    second_sum[:] = 0
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, width):
        a = x[start : min(start + width, last * channels)]
        for j in range(a.size):
            deviation = np.float64(a[j]) - origin[j]
            first_sum[j] += deviation
            second_sum[j] += deviation * deviation


@kernel
def gradient_sums(chunk: int, chunks: int, x: In, dy: In, mean: Doubles, sums: DoublesOut, channels: int) -> None:
    """sums (chunks, 2, width): Σ dy and Σ dy (x − mean) over the chunk's rows; mean is tiled."""
    width = mean.size
    first_sum = sums[2 * chunk * width : (2 * chunk + 1) * width]
    second_sum = sums[(2 * chunk + 1) * width : (2 * chunk + 2) * width]
    first_sum[:] = 0
    second_sum[:] = 0
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, width):
        stop = min(start + width, last * channels)
        a, d = x[start:stop], dy[start:stop]
        for j in range(a.size):
            first_sum[j] += np.float64(d[j])
            second_sum[j] += np.float64(d[j]) * (np.float64(a[j]) - mean[j])


@inlined
def channel_sum(sums: Array, which: int, channel: int, channels: int, width: int) -> float:
    """The first (which = 0) or second sum of one channel over all chunks and tiles, in order."""
    total = 0.0
    for start in range(which * width, sums.size, 2 * width):
        for j in range(start + channel, start + width, channels):
            total += sums[j]
    return total


@in_place_kernel(("x", "y"), ("residual", "y"))
def normalize_rows(
    chunk: int, chunks: int, x: In, centre: In, scale: In, offset: In, residual: In, y: Out, channels: int, floor: float
) -> None:
    """y = max((x − centre) · scale + offset + residual, floor), the middle three tiled; no residual: none is added."""
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, centre.size):
        stop = min(start + centre.size, last * channels)
        a, b = x[start:stop], y[start:stop]
        if residual.size > 0:
            r = residual[start:stop]
            for j in range(b.size):
                value = (a[j] - centre[j]) * scale[j] + offset[j] + r[j]
                b[j] = floor if value < floor else value  # keeps NaN
        else:
            for j in range(b.size):
                value = (a[j] - centre[j]) * scale[j] + offset[j]
                b[j] = floor if value < floor else value


@in_place_kernel(("x", "y"))
def scale_rows(chunk: int, chunks: int, x: In, scale: In, y: Out, channels: int) -> None:
    """y = x · scale, tiled."""
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, scale.size):
        stop = min(start + scale.size, last * channels)
        a, b = x[start:stop], y[start:stop]
        for j in range(b.size):
            b[j] = a[j] * scale[j]


@in_place_kernel(("dy", "dx"), ("x", "dx"))
def normalize_rows_backward(
    chunk: int, chunks: int, x: In, dy: In, centre: In, scale: In, slope: In, offset: In, dx: Out, channels: int
) -> None:
    """dx = (dy − offset − (x − centre) · slope) · scale, all four tiled."""
    first, last = span(chunk, chunks, x.size // channels)
    for start in range(first * channels, last * channels, centre.size):
        stop = min(start + centre.size, last * channels)
        a, d, e = x[start:stop], dy[start:stop], dx[start:stop]
        for j in range(e.size):
            e[j] = (d[j] - offset[j] - (a[j] - centre[j]) * slope[j]) * scale[j]
