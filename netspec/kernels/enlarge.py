"""Pictures in another size: nearest and bilinear interpolation, and their gradients.

A table has for each output row (or column) three integers: the input rows it lies between and the numerator of the share of
the second, over a denominator that all have in common: exact, where floating-point positions would round.
"""

from __future__ import annotations

from netspec.kernels.abi import In, Ints, Out, Scratch, cast, kernel, span
from netspec.kernels.lanes import lanes, load, plus, splat, store, times

ENTRY = 3
"""Integers an output row has in a table: low row, high row, numerator."""


@kernel
def nearest_forward(
    chunk: int, chunks: int, x: In, y: Out, down: Ints, across: Ints, n: int, height: int, width: int, channels: int
) -> None:
    """y[n,i,j] = x[n, low(i), low(j)] for x (n, H, W, C); a chunk is a range of the rows of y."""
    out_height, out_width = down.size // ENTRY, across.size // ENTRY
    first, last = span(chunk, chunks, n * out_height)
    for row in range(first, last):
        line = row // out_height * height + down[ENTRY * (row % out_height)]
        for j in range(out_width):
            source, target = (line * width + across[ENTRY * j]) * channels, (row * out_width + j) * channels
            for c in range(0, channels, lanes(x)):
                store(y, target + c, load(x, source + c, channels - c), channels - c)


@kernel
def bilinear_forward(
    chunk: int, chunks: int, x: In, y: Out, between: Scratch, down: Ints, across: Ints, down_unit: int, across_unit: int,
    n: int, height: int, width: int, channels: int,
) -> None:  # fmt: skip
    """y = (1 − λ)·x[low] + λ·x[high], first down, then across; λ = numerator / unit; a chunk is a range of the rows of y.

    between: a row (W, C) of the thread's own.
    """
    out_height, out_width = down.size // ENTRY, across.size // ENTRY
    first, last = span(chunk, chunks, n * out_height)
    line = width * channels
    for row in range(first, last):
        sample, i = row // out_height, row % out_height
        share = down[ENTRY * i + 2] / down_unit
        low_share, high_share = splat(x, cast(x, 1 - share)), splat(x, cast(x, share))
        low, high = (sample * height + down[ENTRY * i]) * line, (sample * height + down[ENTRY * i + 1]) * line
        for k in range(0, line, lanes(x)):
            rest = line - k
            value = times(low_share, load(x, low + k, rest))
            store(between, k, plus(value, times(high_share, load(x, high + k, rest))), rest)
        for j in range(out_width):
            share = across[ENTRY * j + 2] / across_unit
            low_share, high_share = splat(x, cast(x, 1 - share)), splat(x, cast(x, share))
            low, high = across[ENTRY * j] * channels, across[ENTRY * j + 1] * channels
            target = (row * out_width + j) * channels
            for c in range(0, channels, lanes(x)):
                rest = channels - c
                value = times(low_share, load(between, low + c, rest))
                store(y, target + c, plus(value, times(high_share, load(between, high + c, rest))), rest)


@kernel
def enlarge_backward(
    chunk: int, chunks: int, dy: In, dx: Out, between: Scratch, down: Ints, across: Ints, reach: Ints, down_unit: int,
    across_unit: int, n: int, height: int, width: int, channels: int,
) -> None:  # fmt: skip
    """dx[n,h,w] = Σ dy over the output pixels that read it, times their shares; a chunk is a range of the rows of dx.

    reach: for each row of x the first and behind the last output row that reads it. between: a row (W', C) of the thread's own.
    """
    out_height, out_width = down.size // ENTRY, across.size // ENTRY
    first, last = span(chunk, chunks, n * height)
    line, out_line = width * channels, out_width * channels
    zero = splat(dy, cast(dy, 0))
    for row in range(first, last):
        sample, h = row // height, row % height
        for k in range(0, out_line, lanes(dy)):
            store(between, k, zero, out_line - k)
        for i in range(reach[2 * h], reach[2 * h + 1]):
            part = down[ENTRY * i + 2] / down_unit
            share = (1 - part if down[ENTRY * i] == h else 0.0) + (part if down[ENTRY * i + 1] == h else 0.0)
            factor, source = splat(dy, cast(dy, share)), (sample * out_height + i) * out_line
            for k in range(0, out_line, lanes(dy)):
                rest = out_line - k
                store(between, k, plus(load(between, k, rest), times(factor, load(dy, source + k, rest))), rest)
        for k in range(0, line, lanes(dy)):
            store(dx, row * line + k, zero, line - k)
        for j in range(out_width):
            share = across[ENTRY * j + 2] / across_unit
            low_share, high_share = splat(dy, cast(dy, 1 - share)), splat(dy, cast(dy, share))
            low = row * line + across[ENTRY * j] * channels
            high = row * line + across[ENTRY * j + 1] * channels
            for c in range(0, channels, lanes(dy)):
                rest = channels - c
                value = load(between, j * channels + c, rest)
                store(dx, low + c, plus(load(dx, low + c, rest), times(low_share, value)), rest)
                if share > 0:
                    store(dx, high + c, plus(load(dx, high + c, rest), times(high_share, value)), rest)
