"""Pictures of a batch: moved and warped, recoloured, erased in part, and normalized. For the loader's thread, not for plans.

Here the entry's element type is that of the stored pictures, "uint8" as well as "float32" or "int64"; `run_serial` calls it.
Places are measured in pixels from the picture's corner, so that pixel (i, j) covers [j, j + 1) × [i, i + 1).
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from netspec.kernels.abi import Bytes, Doubles, DoublesOut, In, InOut, Ints, Out, cast, kernel, span

part_of_kernel = njit(error_model="numpy", boundscheck=False)

CONSTANT, EDGE, REFLECT = 0, 1, 2
"""What lies outside of a picture: a constant, its nearest pixel, or its mirror image about the outermost pixels."""
HALF, LEAST, MOST = 0, 1, 2
"""Places in the table of limits: what is added before a number is cut off to the element type, and its range."""


@part_of_kernel
def folded(i: int, n: int, rule: int) -> int:
    """The pixel, of n, that stands for pixel i; −1 for the constant outside."""
    if 0 <= i < n:
        return i
    if rule == CONSTANT:
        return -1
    if rule == EDGE or n == 1:
        return 0 if i < 0 else n - 1
    period = 2 * (n - 1)
    i = abs(i) % period
    return i if i < n else period - i


@part_of_kernel
def is_move(maps: Doubles, m: int) -> Any:
    """Whether a map only moves and mirrors whole pixels."""
    whole = maps[m + 2] == math.floor(maps[m + 2]) and maps[m + 5] == math.floor(maps[m + 5])
    return whole and maps[m + 1] == 0.0 and maps[m + 3] == 0.0 and abs(maps[m]) == 1.0 and abs(maps[m + 4]) == 1.0


@part_of_kernel
def move(
    stored: In, base: int, maps: Doubles, m: int, out: Out, to: int, height: int, width: int, made_h: int, made_w: int,
    channels: int, rule: int, fill: Doubles,
) -> None:
    """Whole pixels from one place to another, without arithmetic on them."""
    step, down = int(maps[m]), int(maps[m + 4])
    left, top = int(maps[m + 2]) + (step - 1) // 2, int(maps[m + 5]) + (down - 1) // 2
    inside = max(0, min(made_w, -left if step > 0 else left - width + 1))
    outside = max(inside, min(made_w, width - left if step > 0 else left + 1))
    for i in range(made_h):
        row = folded(top + down * i, height, rule)
        o, s = to + i * made_w * channels, base + row * width * channels
        for j in range(made_w):
            if row >= 0 and j == inside and outside > inside:
                break
            column = folded(left + step * j, width, rule)
            for k in range(channels):
                out[o + j * channels + k] = (
                    stored[s + column * channels + k] if row >= 0 and column >= 0 else cast(out, fill[k])
                )
        if row < 0 or outside == inside:
            continue
        if step > 0:
            first = s + left * channels
            first, count = first + inside * channels, (outside - inside) * channels
            out[o + inside * channels : o + inside * channels + count] = stored[first : first + count]
        elif channels == 3:
            for j in range(inside, outside):
                to_pixel, from_pixel = o + 3 * j, s + 3 * (left - j)
                out[to_pixel] = stored[from_pixel]
                out[to_pixel + 1] = stored[from_pixel + 1]
                out[to_pixel + 2] = stored[from_pixel + 2]
        else:
            for j in range(inside, outside):
                for k in range(channels):
                    out[o + j * channels + k] = stored[s + (left - j) * channels + k]
        for j in range(outside, made_w):
            column = folded(left + step * j, width, rule)
            for k in range(channels):
                out[o + j * channels + k] = stored[s + column * channels + k] if column >= 0 else cast(out, fill[k])


@part_of_kernel
def pixel(stored: In, base: int, i: int, j: int, k: int, height: int, width: int, channels: int, rule: int,
          fill: Doubles) -> Any:  # fmt: skip
    """One value of the picture continued beyond its borders, as float64."""
    row, column = folded(i, height, rule), folded(j, width, rule)
    if row < 0 or column < 0:
        return fill[k]
    return float(stored[base + (row * width + column) * channels + k])


@part_of_kernel
def interpolate(
    stored: In, base: int, maps: Doubles, m: int, out: Out, to: int, height: int, width: int, made_h: int, made_w: int,
    channels: int, rule: int, fill: Doubles, half: float,
) -> None:
    """Bilinear: the mean of the four pixels around the place, each weighted by how near it is."""
    for i in range(made_h):
        for j in range(made_w):
            x, y = j + 0.5, i + 0.5
            u = maps[m] * x + maps[m + 1] * y + maps[m + 2] - 0.5
            v = maps[m + 3] * x + maps[m + 4] * y + maps[m + 5] - 0.5
            left, top = math.floor(u), math.floor(v)
            right_share, low_share = u - left, v - top
            o = to + (i * made_w + j) * channels
            if 0 <= left < width - 1 and 0 <= top < height - 1:
                a = base + (top * width + left) * channels
                b = a + width * channels
                for k in range(channels):
                    above = stored[a + k] * (1.0 - right_share) + stored[a + channels + k] * right_share
                    below = stored[b + k] * (1.0 - right_share) + stored[b + channels + k] * right_share
                    out[o + k] = cast(out, above * (1.0 - low_share) + below * low_share + half)
                continue
            for k in range(channels):
                value = 0.0
                for corner in range(4):
                    down, across = corner // 2, corner % 2
                    share = (right_share if across else 1.0 - right_share) * (low_share if down else 1.0 - low_share)
                    if share > 0.0:
                        value += share * pixel(
                            stored, base, top + down, left + across, k, height, width, channels, rule, fill
                        )
                out[o + k] = cast(out, value + half)


@part_of_kernel
def choose_nearest(
    stored: In, base: int, maps: Doubles, m: int, out: Out, to: int, height: int, width: int, made_h: int, made_w: int,
    channels: int, rule: int, fill: Doubles,
) -> None:
    """The value of the pixel that holds the place: for class labels, of which there is no mean."""
    for i in range(made_h):
        for j in range(made_w):
            x, y = j + 0.5, i + 0.5
            column = folded(math.floor(maps[m] * x + maps[m + 1] * y + maps[m + 2]), width, rule)
            row = folded(math.floor(maps[m + 3] * x + maps[m + 4] * y + maps[m + 5]), height, rule)
            for k in range(channels):
                out[to + (i * made_w + j) * channels + k] = (
                    stored[base + (row * width + column) * channels + k] if row >= 0 and column >= 0
                    else cast(out, fill[k])
                )  # fmt: skip


@kernel
def warp_pictures(
    chunk: int, chunks: int, stored: In, index: Ints, maps: Doubles, out: Out, samples: int, height: int, width: int,
    made_h: int, made_w: int, channels: int, rule: int, fill: Doubles, limits: Doubles, nearest: int,
) -> None:
    """out[n] = picture index[n], seen through the affine map from places of the new picture to places of the stored one.

    maps: (samples, 2, 3) [[a, b, s], [c, d, t]]: (x, y) of the new picture lies at (ax + by + s, cx + dy + t).
    """
    first, last = span(chunk, chunks, samples)
    for n in range(first, last):
        base, to = index[n] * height * width * channels, n * made_h * made_w * channels
        if is_move(maps, 6 * n):
            move(stored, base, maps, 6 * n, out, to, height, width, made_h, made_w, channels, rule, fill)
        elif nearest:
            choose_nearest(stored, base, maps, 6 * n, out, to, height, width, made_h, made_w, channels, rule, fill)
        else:
            interpolate(
                stored, base, maps, 6 * n, out, to, height, width, made_h, made_w, channels, rule, fill, limits[HALF]
            )


@kernel
def recolour_pictures(
    chunk: int, chunks: int, x: In, matrices: Doubles, offsets: DoublesOut, y: Out, samples: int, pixels: int,
    channels: int, limits: Doubles,
) -> None:
    """y = A·x + B·μ at every pixel, μ the picture's mean colour, held within the limits.

    matrices: (samples, channels, 2·channels) [A, B]; offsets: workspace of samples × 2 × channels.
    """
    first, last = span(chunk, chunks, samples)
    for n in range(first, last):
        base, m, o = n * pixels * channels, 2 * n * channels * channels, 2 * n * channels
        for k in range(channels):
            total = 0.0
            for p in range(pixels):
                total += float(x[base + p * channels + k])
            offsets[o + channels + k] = total / pixels
        for k in range(channels):
            offset = limits[HALF]
            for other in range(channels):
                offset += matrices[m + (2 * k + 1) * channels + other] * offsets[o + channels + other]
            offsets[o + k] = offset
        for p in range(base, base + pixels * channels, channels):
            for k in range(channels):
                value = offsets[o + k]
                for other in range(channels):
                    value += matrices[m + 2 * k * channels + other] * float(x[p + other])
                y[p + k] = cast(y, min(max(value, limits[LEAST]), limits[MOST]))


@kernel
def erase_pictures(
    chunk: int, chunks: int, x: InOut, rectangles: Ints, samples: int, height: int, width: int, channels: int,
    fill: Doubles,
) -> None:
    """x = fill in each picture's rectangle; rectangles: (samples, 4) [top, left, bottom, right], the last two not included."""
    first, last = span(chunk, chunks, samples)
    for n in range(first, last):
        for i in range(rectangles[4 * n], rectangles[4 * n + 2]):
            for j in range(rectangles[4 * n + 1], rectangles[4 * n + 3]):
                for k in range(channels):
                    x[((n * height + i) * width + j) * channels + k] = cast(x, fill[k])


@kernel
def normalize_bytes(
    chunk: int, chunks: int, x: Bytes, table: In, y: Out, samples: int, size: int, channels: int
) -> None:
    """y = table[channel, x], the normalized value of each of the 256 bytes; size: numbers in a sample."""
    first, last = span(chunk, chunks, samples)
    if channels == 1:
        for e in range(first * size, last * size):
            y[e] = table[x[e]]
        return
    if channels == 3:
        for p in range(first * size, last * size, 3):
            y[p], y[p + 1], y[p + 2] = table[x[p]], table[256 + x[p + 1]], table[512 + x[p + 2]]
        return
    for p in range(first * size, last * size, channels):
        for k in range(channels):
            y[p + k] = table[256 * k + x[p + k]]
