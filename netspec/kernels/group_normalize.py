"""Normalization of groups of channels, sample by sample: the kernels of group and instance normalization.

A sample is a matrix (pixels, channels); a group is a range of neighbouring channels with all their pixels. Statistics and
result of a sample are computed one after the other while it is in the cache, so a chunk is a range of samples and results
depend neither on threads nor on the number of chunks. Per-channel numbers are tiled (`columns.py`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from netspec.kernels.abi import Array, Doubles, DoublesOut, In, InOut, Out, Scratch, in_place_kernel, kernel, span

loops = njit(error_model="numpy", fastmath={"contract"}, forceinline=True)
"""Decorator of loops over the pixels of a sample that kernels share."""


@loops
def untile(sums: Array, channels: int) -> None:
    """Add the tiles to the first one, in order."""
    total = sums[:channels]
    for start in range(channels, sums.size, channels):
        tile = sums[start : start + channels]
        for c in range(total.size):
            total[c] += tile[c]


@loops
def repeat(tiled: Array, channels: int) -> None:
    """Copy the first tile to the others."""
    source = tiled[:channels]
    for start in range(channels, tiled.size, channels):
        tile = tiled[start : start + channels]
        for c in range(source.size):
            tile[c] = source[c]


@loops
def channel_deviations(a: Array, origin: Array, first: Array, second: Array, channels: int) -> None:
    """origin = the first pixel; first, second = Σ (a − origin), Σ (a − origin)² over the pixels; all three tiled.

    An origin among the values keeps the variance from cancelling (Chan, Golub & LeVeque 1983, Am. Stat. 37, §2).
    """
    for c in range(channels):
        origin[c] = a[c]
    repeat(origin, channels)
    for j in range(origin.size):
        first[j] = 0
        second[j] = 0
    for start in range(0, a.size, origin.size):
        b = a[start : min(start + origin.size, a.size)]
        for j in range(b.size):
            deviation = np.float64(b[j]) - origin[j]
            first[j] += deviation
            second[j] += deviation * deviation


@loops
def channel_gradients(a: Array, d: Array, mean: Array, first: Array, second: Array) -> None:
    """first, second = Σ d, Σ d (a − mean) over the pixels, tiled."""
    for j in range(mean.size):
        first[j] = 0
        second[j] = 0
    for start in range(0, a.size, mean.size):
        stop = min(start + mean.size, a.size)
        b, e = a[start:stop], d[start:stop]
        for j in range(b.size):
            first[j] += np.float64(e[j])
            second[j] += np.float64(e[j]) * (np.float64(b[j]) - mean[j])


@loops
def group_statistics(
    origin: Array, first: Array, second: Array, low: int, high: int, pixels: int, eps: float
) -> tuple[float, float]:
    """Mean and √(variance + eps) of channels low … high − 1, from the sums of each: (Chan et al., §3)."""
    share = 1.0 / pixels
    mean = 0.0
    for c in range(low, high):
        mean += origin[c] + first[c] * share
    mean /= high - low
    variance = 0.0
    for c in range(low, high):
        shift = first[c] * share
        own = second[c] * share - shift * shift
        apart = origin[c] + shift - mean
        variance += (0.0 if own < 0 else own) + apart * apart  # rounding; keeps NaN
    return mean, np.sqrt(variance / (high - low) + np.float64(eps))


@in_place_kernel(("x", "y"))
def normalize_groups(
    chunk: int, chunks: int, x: In, weight: In, bias: In, y: Out, mean: DoublesOut, deviation: DoublesOut,
    origins: DoublesOut, firsts: DoublesOut, seconds: DoublesOut, tiles: Scratch,
    n: int, channels: int, groups: int, eps: float,
) -> None:  # fmt: skip
    """y = γ_c (x − mean) / deviation + β_c; mean, deviation: (n, groups); origins, firsts, seconds: a tile for each chunk."""
    size, width, members = x.size // n, origins.size // chunks, channels // groups
    centres, scales, offsets = tiles[:width], tiles[width : 2 * width], tiles[2 * width : 3 * width]
    origin, first = origins[chunk * width : (chunk + 1) * width], firsts[chunk * width : (chunk + 1) * width]
    second = seconds[chunk * width : (chunk + 1) * width]
    start, stop = span(chunk, chunks, n)
    for i in range(start, stop):
        a, b = x[i * size : (i + 1) * size], y[i * size : (i + 1) * size]
        channel_deviations(a, origin, first, second, channels)
        untile(first, channels)
        untile(second, channels)
        for g in range(groups):
            m, d = group_statistics(origin, first, second, g * members, (g + 1) * members, size // channels, eps)
            mean[i * groups + g] = m
            deviation[i * groups + g] = d
            inverse = 1 / d
            for c in range(g * members, (g + 1) * members):
                gain = (np.float64(weight[c]) if weight.size else 1.0) * inverse
                centres[c] = m
                scales[c] = gain
                offsets[c] = (np.float64(bias[c]) if bias.size else 0.0) + (np.float64(centres[c]) - m) * gain
        repeat(centres, channels)
        repeat(scales, channels)
        repeat(offsets, channels)
        for begin in range(0, size, width):
            p, q = a[begin : min(begin + width, size)], b[begin : min(begin + width, size)]
            for j in range(q.size):
                q[j] = (p[j] - centres[j]) * scales[j] + offsets[j]


@in_place_kernel(("dy", "dx"), ("x", "dx"))
def normalize_groups_backward(
    chunk: int, chunks: int, x: In, weight: In, dy: In, mean: Doubles, deviation: Doubles, dx: Out, sums: DoublesOut,
    means: DoublesOut, firsts: DoublesOut, seconds: DoublesOut, tiles: Scratch,
    n: int, channels: int, groups: int,
) -> None:  # fmt: skip
    """dx = dy · scale − (x − centre) · slope − offset, where wanted; sums: (n, 2, channels), Σ dy and Σ dy x̂ over pixels."""
    size, width, members = x.size // n, means.size // chunks, channels // groups
    centres, scales = tiles[:width], tiles[width : 2 * width]
    slopes, offsets = tiles[2 * width : 3 * width], tiles[3 * width : 4 * width]
    tiled, first = means[chunk * width : (chunk + 1) * width], firsts[chunk * width : (chunk + 1) * width]
    second = seconds[chunk * width : (chunk + 1) * width]
    start, stop = span(chunk, chunks, n)
    for i in range(start, stop):
        a, d = x[i * size : (i + 1) * size], dy[i * size : (i + 1) * size]
        for g in range(groups):
            tiled[g * members : (g + 1) * members] = mean[i * groups + g]
        repeat(tiled, channels)
        channel_gradients(a, d, tiled, first, second)
        untile(first, channels)
        untile(second, channels)
        own = sums[2 * channels * i : 2 * channels * (i + 1)]
        for g in range(groups):
            m, inverse = mean[i * groups + g], 1 / deviation[i * groups + g]
            total = product = 0.0
            for c in range(g * members, (g + 1) * members):
                own[c] = first[c]
                own[channels + c] = second[c] * inverse
                gain = np.float64(weight[c]) if weight.size else 1.0
                total += gain * own[c]
                product += gain * own[channels + c]
            count = np.float64(members * (size // channels))
            steep, level = product / count * inverse * inverse, total / count * inverse
            for c in range(g * members, (g + 1) * members):
                centres[c] = m
                scales[c] = (np.float64(weight[c]) if weight.size else 1.0) * inverse
                slopes[c] = steep
                offsets[c] = level + (np.float64(centres[c]) - m) * steep
        if dx.size:
            repeat(centres, channels)
            repeat(scales, channels)
            repeat(slopes, channels)
            repeat(offsets, channels)
            e = dx[i * size : (i + 1) * size]
            for begin in range(0, size, width):
                end = min(begin + width, size)
                p, q, r = a[begin:end], d[begin:end], e[begin:end]
                for j in range(r.size):
                    r[j] = q[j] * scales[j] - (p[j] - centres[j]) * slopes[j] - offsets[j]


@kernel
def sums_over_samples(chunk: int, chunks: int, sums: Doubles, dweight: Out, dbias: Out, n: int, channels: int) -> None:
    """dγ and dβ, where wanted, from the sums of all samples in order; a chunk is a range of channels."""
    first, last = span(chunk, chunks, channels)
    for c in range(first, last):
        total = product = 0.0
        for i in range(n):
            total += sums[2 * i * channels + c]
            product += sums[(2 * i + 1) * channels + c]
        if dweight.size:
            dweight[c] = product
        if dbias.size:
            dbias[c] = total


@kernel
def mean_statistics(
    chunk: int, chunks: int, mean: Doubles, deviation: Doubles, running_mean: InOut, running_var: InOut,
    n: int, pixels: int, eps: float, momentum: float,
) -> None:  # fmt: skip
    """The running statistics move towards the means over the samples of each channel's mean and unbiased variance."""
    channels = running_mean.size
    correction = pixels / (pixels - 1.0) if pixels > 1 else 1.0
    for c in range(channels):
        total = variance = 0.0
        for i in range(n):
            d = deviation[i * channels + c]
            total += mean[i * channels + c]
            variance += (d * d - np.float64(eps)) * correction
        running_mean[c] += momentum * (running_mean.dtype.type(total / n) - running_mean[c])
        running_var[c] += momentum * (running_var.dtype.type(variance / n) - running_var[c])
