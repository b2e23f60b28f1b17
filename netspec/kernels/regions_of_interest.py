"""Pooling of regions of a feature map to one size, and its gradients; features in N, H, W, C.

Regions are rows [x1, y1, x2, y2] in pixels of the network's input, R for each sample; one of four −1 is padding and gives
zeros. Results lie region by region, in each channel by channel, in each row by row of bins: (N, R, C, P_h, P_w).
Gradients to the features are added up by channels, so no two chunks touch one element.
"""

from __future__ import annotations

import math

from netspec.kernels.abi import Array, In, Out, cast, inlined, kernel, span

Four = tuple[int, int, int, int]
Spot = tuple[int, int, float]


@inlined
def is_padding(rois: Array, at: int) -> bool:
    """Whether the region at this place is none."""
    return bool(rois[at] == -1 and rois[at + 1] == -1 and rois[at + 2] == -1 and rois[at + 3] == -1)


@inlined
def has_nan(rois: Array, at: int) -> bool:
    """Whether an edge of the region is NaN."""
    total = rois[at] + rois[at + 1] + rois[at + 2] + rois[at + 3]
    return bool(total != total)


@inlined
def half_up(value: float) -> int:
    """The nearest integer, halves away from 0."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


@inlined
def bin_pixels(rois: Array, at: int, scale: float, bin_row: int, bin_column: int, ph: int, pw: int, h: int, w: int) -> Four:
    """Rows and columns [top, bottom), [left, right) of a bin, inside the map; in whole numbers, so nothing is rounded."""
    x1, y1 = half_up(float(rois[at]) * scale), half_up(float(rois[at + 1]) * scale)
    x2, y2 = half_up(float(rois[at + 2]) * scale), half_up(float(rois[at + 3]) * scale)
    high, wide = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
    top, bottom = y1 + bin_row * high // ph, y1 - (-(bin_row + 1) * high // ph)
    left, right = x1 + bin_column * wide // pw, x1 - (-(bin_column + 1) * wide // pw)
    return min(max(top, 0), h), min(max(bottom, 0), h), min(max(left, 0), w), min(max(right, 0), w)


@kernel
def roi_pool_forward(
    chunk: int, chunks: int, x: In, rois: In, y: Out, regions: int, r_per_sample: int, h: int, w: int, channels: int,
    ph: int, pw: int, scale: float,
) -> None:  # fmt: skip
    """y = the largest value of each bin, 0 for an empty one; a chunk is a range of regions."""
    first, last = span(chunk, chunks, regions)
    bins = ph * pw
    for r in range(first, last):
        out, picture = r * channels * bins, r // r_per_sample * h * w * channels
        fill = math.nan if has_nan(rois, 4 * r) else 0.0
        y[out:out + channels * bins] = cast(y, fill)
        if is_padding(rois, 4 * r) or fill != fill:
            continue
        for b in range(bins):
            top, bottom, left, right = bin_pixels(rois, 4 * r, float(scale), b // pw, b % pw, ph, pw, h, w)
            for i in range(top, bottom):
                for j in range(left, right):
                    pixel, is_first = picture + (i * w + j) * channels, i == top and j == left
                    for c in range(channels):
                        value = x[pixel + c]
                        if is_first or value > y[out + c * bins + b] or value != value:
                            y[out + c * bins + b] = value


@kernel
def roi_pool_backward(
    chunk: int, chunks: int, x: In, rois: In, y: In, dy: In, dx: Out, n: int, r_per_sample: int, h: int, w: int,
    channels: int, ph: int, pw: int, scale: float,
) -> None:  # fmt: skip
    """dx = the sum of dy over the bins in which a pixel is the first that equals y; a chunk is a range of channels."""
    first, last = span(chunk, chunks, n * channels)
    bins = ph * pw
    for item in range(first, last):
        s, c = item // channels, item % channels
        picture = s * h * w * channels + c
        for pixel in range(h * w):
            dx[picture + pixel * channels] = cast(dx, 0)
        for r in range(s * r_per_sample, (s + 1) * r_per_sample):
            if is_padding(rois, 4 * r) or has_nan(rois, 4 * r):
                continue
            for b in range(bins):
                top, bottom, left, right = bin_pixels(rois, 4 * r, float(scale), b // pw, b % pw, ph, pw, h, w)
                out, waits = (r * channels + c) * bins + b, True
                best = y[out]
                for i in range(top, bottom):
                    for j in range(left, right):
                        pixel = picture + (i * w + j) * channels
                        value = x[pixel]
                        if waits and (value == best or value != value):
                            dx[pixel] += dy[out]
                            waits = False


@inlined
def aligned_bins(rois: Array, at: int, scale: float, offset: float, ph: int, pw: int, ratio: int) -> tuple[
    float, float, float, float, int, int
]:  # fmt: skip
    """Top, left, height and width of a region's bins, and the samples down and across each."""
    x1, y1 = float(rois[at]) * scale - offset, float(rois[at + 1]) * scale - offset
    wide, high = float(rois[at + 2]) * scale - offset - x1, float(rois[at + 3]) * scale - offset - y1
    if offset == 0:
        wide, high = max(wide, 1.0), max(high, 1.0)
    down = ratio if ratio > 0 else max(math.ceil(high / ph), 0)
    across = ratio if ratio > 0 else max(math.ceil(wide / pw), 0)
    return y1, x1, high / ph, wide / pw, down, across


@inlined
def neighbours(at: float, size: int) -> Spot:
    """The pixels before and after a place along one axis, and the share of the later one; (−1, …) outside the map."""
    if at < -1 or at > size:
        return -1, -1, 0.0
    inside = max(at, 0.0)
    low = min(int(inside), size - 1)
    high = min(low + 1, size - 1)
    return low, high, inside - low if high > low else 0.0


@kernel
def roi_align_forward(
    chunk: int, chunks: int, x: In, rois: In, y: Out, regions: int, r_per_sample: int, h: int, w: int, channels: int,
    ph: int, pw: int, scale: float, offset: float, ratio: int,
) -> None:  # fmt: skip
    """y = the mean of a bin's bilinear samples, those far outside the map counted as 0; a chunk is a range of regions."""
    first, last = span(chunk, chunks, regions)
    bins = ph * pw
    for r in range(first, last):
        out, picture = r * channels * bins, r // r_per_sample * h * w * channels
        fill = math.nan if has_nan(rois, 4 * r) else 0.0
        y[out:out + channels * bins] = cast(y, fill)
        if is_padding(rois, 4 * r) or fill != fill:
            continue
        top, left, high, wide, down, across = aligned_bins(rois, 4 * r, float(scale), float(offset), ph, pw, ratio)
        share = 1.0 / max(down * across, 1)
        for b in range(bins):
            for k in range(down * across):
                i0, i1, fi = neighbours(top + b // pw * high + (k // across + 0.5) * high / down, h)
                j0, j1, fj = neighbours(left + b % pw * wide + (k % across + 0.5) * wide / across, w)
                if i0 < 0 or j0 < 0:
                    continue
                a00, a01 = cast(x, share * (1 - fi) * (1 - fj)), cast(x, share * (1 - fi) * fj)
                a10, a11 = cast(x, share * fi * (1 - fj)), cast(x, share * fi * fj)
                p00, p01 = picture + (i0 * w + j0) * channels, picture + (i0 * w + j1) * channels
                p10, p11 = picture + (i1 * w + j0) * channels, picture + (i1 * w + j1) * channels
                for c in range(channels):
                    y[out + c * bins + b] += (
                        a00 * x[p00 + c] + a01 * x[p01 + c] + a10 * x[p10 + c] + a11 * x[p11 + c]
                    )


@kernel
def roi_align_backward(
    chunk: int, chunks: int, rois: In, dy: In, dx: Out, n: int, r_per_sample: int, h: int, w: int, channels: int, ph: int,
    pw: int, scale: float, offset: float, ratio: int,
) -> None:  # fmt: skip
    """dx = Σ share · dy over the samples that a pixel is a neighbour of; a chunk is a range of channels of samples."""
    first, last = span(chunk, chunks, n * channels)
    bins = ph * pw
    for s in range(first // channels, (last - 1) // channels + 1):
        begin, end = max(first - s * channels, 0), min(last - s * channels, channels)
        picture = s * h * w * channels
        for pixel in range(h * w):
            for c in range(begin, end):
                dx[picture + pixel * channels + c] = cast(dx, 0)
        for r in range(s * r_per_sample, (s + 1) * r_per_sample):
            if is_padding(rois, 4 * r) or has_nan(rois, 4 * r):
                continue
            top, left, high, wide, down, across = aligned_bins(rois, 4 * r, float(scale), float(offset), ph, pw, ratio)
            share = 1.0 / max(down * across, 1)
            for b in range(bins):
                out = r * channels * bins + b
                for k in range(down * across):
                    i0, i1, fi = neighbours(top + b // pw * high + (k // across + 0.5) * high / down, h)
                    j0, j1, fj = neighbours(left + b % pw * wide + (k % across + 0.5) * wide / across, w)
                    if i0 < 0 or j0 < 0:
                        continue
                    a00, a01 = cast(dx, share * (1 - fi) * (1 - fj)), cast(dx, share * (1 - fi) * fj)
                    a10, a11 = cast(dx, share * fi * (1 - fj)), cast(dx, share * fi * fj)
                    p00, p01 = picture + (i0 * w + j0) * channels, picture + (i0 * w + j1) * channels
                    p10, p11 = picture + (i1 * w + j0) * channels, picture + (i1 * w + j1) * channels
                    for c in range(begin, end):
                        value = dy[out + c * bins]
                        dx[p00 + c] += a00 * value
                        dx[p01 + c] += a01 * value
                        dx[p10 + c] += a10 * value
                        dx[p11 + c] += a11 * value


@kernel
def no_gradient(chunk: int, chunks: int, dx: Out) -> None:
    """dx = 0: the edges of regions are given, not learned."""
    first, last = span(chunk, chunks, dx.size)
    for i in range(first, last):
        dx[i] = cast(dx, 0)
