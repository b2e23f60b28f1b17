"""Maximum and mean over windows of pictures in N, H, W, C, and their gradients.

Where the windows lie is data: `rows` and `columns` hold (first pixel, end, divisor) for every window along the height
and the width, padding already cut off; the pixels of a window are `row_step` and `column_step` apart. The mean divides
by the product of the two divisors. Each pixel's channels are worked on a vector at a time.
"""

from __future__ import annotations

from netspec.kernels.abi import In, Ints, Out, cast, kernel, span
from netspec.kernels.lanes import (
    all_lanes,
    both,
    choose,
    either,
    lanes,
    larger,
    load,
    matches,
    plus,
    splat,
    store,
    times,
    without,
)


@kernel
def max_windows(
    chunk: int, chunks: int, x: In, y: Out, rows: Ints, columns: Ints, n: int, height: int, width: int, channels: int,
    row_step: int, column_step: int,
) -> None:  # fmt: skip
    """y = the largest of each window, NaN where there is one; a chunk is a range of lines of y."""
    out_height, out_width, line = rows.size // 3, columns.size // 3, width * channels
    first, last = span(chunk, chunks, n * out_height)
    for i in range(first, last):
        window, picture = 3 * (i % out_height), i // out_height * height
        top, bottom = (picture + rows[window]) * line, (picture + rows[window + 1]) * line
        down, across = row_step * line, column_step * channels
        for j in range(out_width):
            for c in range(0, channels, lanes(x)):
                rest = channels - c
                left, right = columns[3 * j] * channels + c, columns[3 * j + 1] * channels + c
                h, o = top, (i * out_width + j) * channels + c
                best = load(x, h + left, rest)
                if bottom - top == 2 * down and right - left == 2 * across:  # by far the most common
                    second, third = load(x, h + left + across, rest), load(x, h + left + down, rest)
                    fourth = load(x, h + left + down + across, rest)
                    store(y, o, larger(larger(best, second), larger(third, fourth)), rest)
                    continue
                while h < bottom:  # range() with a step that is not constant would divide
                    w = h + left
                    while w < h + right:
                        best = larger(best, load(x, w, rest))
                        w += across
                    h += down
                store(y, o, best, rest)


@kernel
def max_windows_backward(
    chunk: int, chunks: int, x: In, y: In, dy: In, dx: Out, rows: Ints, columns: Ints, n: int, height: int, width: int,
    channels: int, row_step: int, column_step: int, overlap: int, gaps: int,
) -> None:  # fmt: skip
    """dx = the sum of dy over the windows in which a pixel is the first that equals y; a chunk is a range of samples.

    overlap: windows share pixels; gaps: there are pixels in no window.
    """
    out_height, out_width, line = rows.size // 3, columns.size // 3, width * channels
    first, last = span(chunk, chunks, n)
    cleared = first * height * line
    zero = splat(dx, cast(dx, 0))
    for i in range(first * out_height, last * out_height):
        window, picture = 3 * (i % out_height), i // out_height * height
        top, bottom = (picture + rows[window]) * line, (picture + rows[window + 1]) * line
        if overlap or gaps:  # just before they are used, while they are in the cache
            end = bottom if i % out_height < out_height - 1 else (picture + height) * line
            dx[cleared:end] = cast(dx, 0)
            cleared = max(cleared, end)  # with dilation a later window may end sooner
        down, across = row_step * line, column_step * channels
        for j in range(out_width):
            for c in range(0, channels, lanes(x)):
                rest = channels - c
                left, right = columns[3 * j] * channels + c, columns[3 * j + 1] * channels + c
                o = (i * out_width + j) * channels + c
                best, gradient, h = load(y, o, rest), load(dy, o, rest), top
                if not overlap and bottom - top == 2 * down and right - left == 2 * across:  # by far the most common
                    w = h + left
                    first_hit = matches(load(x, w, rest), best)
                    second_hit = without(matches(load(x, w + across, rest), best), first_hit)
                    found = either(first_hit, second_hit)
                    third_hit = without(matches(load(x, w + down, rest), best), found)
                    fourth_hit = without(all_lanes(x), either(found, third_hit))
                    store(dx, w, choose(first_hit, gradient, zero), rest)
                    store(dx, w + across, choose(second_hit, gradient, zero), rest)
                    store(dx, w + down, choose(third_hit, gradient, zero), rest)
                    store(dx, w + down + across, choose(fourth_hit, gradient, zero), rest)
                    continue
                waiting = all_lanes(x)
                while h < bottom:
                    w = h + left
                    while w < h + right:
                        hit = both(matches(load(x, w, rest), best), waiting)
                        waiting = without(waiting, hit)
                        part = choose(hit, gradient, zero)
                        store(dx, w, plus(load(dx, w, rest), part) if overlap else part, rest)
                        w += across
                    h += down


@kernel
def mean_windows(
    chunk: int, chunks: int, x: In, y: Out, rows: Ints, columns: Ints, n: int, height: int, width: int, channels: int,
    row_step: int, column_step: int,
) -> None:  # fmt: skip
    """y = the sum of each window / its divisors; a chunk is a range of lines of y."""
    out_height, out_width, line = rows.size // 3, columns.size // 3, width * channels
    first, last = span(chunk, chunks, n * out_height)
    zero = splat(x, cast(x, 0))
    for i in range(first, last):
        window, picture = 3 * (i % out_height), i // out_height * height
        top, bottom = (picture + rows[window]) * line, (picture + rows[window + 1]) * line
        for j in range(out_width):
            for c in range(0, channels, lanes(x)):
                rest = channels - c
                left, right = columns[3 * j] * channels + c, columns[3 * j + 1] * channels + c
                total = zero
                h = top
                while h < bottom:
                    part = zero  # sums of sums: the rounding error of a global mean stays small
                    w = h + left
                    while w < h + right:
                        part = plus(part, load(x, w, rest))
                        w += column_step * channels
                    total = plus(total, part)
                    h += row_step * line
                scale = cast(x, 1) / cast(x, rows[window + 2] * columns[3 * j + 2])
                store(y, (i * out_width + j) * channels + c, times(total, splat(x, scale)), rest)


@kernel
def mean_windows_backward(
    chunk: int, chunks: int, dy: In, dx: Out, rows: Ints, columns: Ints, n: int, height: int, width: int, channels: int,
    row_step: int, column_step: int, overlap: int, gaps: int,
) -> None:  # fmt: skip
    """dx = the sum of dy / divisors over the windows that a pixel is in; a chunk is a range of samples.

    overlap: windows share pixels; gaps: there are pixels in no window.
    """
    out_height, out_width, line = rows.size // 3, columns.size // 3, width * channels
    first, last = span(chunk, chunks, n)
    cleared = first * height * line
    for i in range(first * out_height, last * out_height):
        window, picture = 3 * (i % out_height), i // out_height * height
        top, bottom = (picture + rows[window]) * line, (picture + rows[window + 1]) * line
        if overlap or gaps:  # just before they are used, while they are in the cache
            end = bottom if i % out_height < out_height - 1 else (picture + height) * line
            dx[cleared:end] = cast(dx, 0)
            cleared = max(cleared, end)  # with dilation a later window may end sooner
        for j in range(out_width):
            for c in range(0, channels, lanes(dy)):
                rest = channels - c
                left, right = columns[3 * j] * channels + c, columns[3 * j + 1] * channels + c
                scale = cast(dy, 1) / cast(dy, rows[window + 2] * columns[3 * j + 2])
                part = times(load(dy, (i * out_width + j) * channels + c, rest), splat(dy, scale))
                h = top
                while h < bottom:
                    w = h + left
                    while w < h + right:
                        store(dx, w, plus(load(dx, w, rest), part) if overlap else part, rest)
                        w += column_step * channels
                    h += row_step * line
