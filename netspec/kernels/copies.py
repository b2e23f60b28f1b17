"""Kernels that move data or add it up: margins, transposes, column sums, partial results."""

from __future__ import annotations

from netspec.kernels.abi import In, Out, cast, kernel, span
from netspec.kernels.lanes import lanes, load, plus, splat, store


@kernel
def add_margins(
    chunk: int, chunks: int, x: In, y: Out, n: int, height: int, width: int, channels: int,
    top: int, left: int, new_height: int, new_width: int,
) -> None:  # fmt: skip
    """x (n, H, W, C) → y (n, H', W', C) with x at (top, left) and zeros around; a chunk is a range of rows of y."""
    first, last = span(chunk, chunks, n * new_height)
    line, new_line = width * channels, new_width * channels
    before, zero = left * channels, splat(y, cast(y, 0))
    sample, i = first // new_height, first % new_height - top - 1
    for target in range(first * new_line, last * new_line, new_line):
        i += 1
        if i == new_height - top:
            sample, i = sample + 1, -top
        filled = before if 0 <= i < height else new_line
        for c in range(0, filled, lanes(y)):
            store(y, target + c, zero, filled - c)
        if filled == before:
            source = (sample * height + i) * line
            for c in range(0, line, lanes(x)):
                store(y, target + before + c, load(x, source + c, line - c), line - c)
            for c in range(before + line, new_line, lanes(y)):
                store(y, target + c, zero, new_line - c)


@kernel
def fill_zeros(chunk: int, chunks: int, y: Out, size: int) -> None:
    """y = 0."""
    first, last = span(chunk, chunks, size)
    y[first:last] = cast(y, 0)


@kernel
def transpose_matrices(chunk: int, chunks: int, x: In, y: Out, count: int, rows: int, columns: int) -> None:
    """x (count, rows, columns) → y (count, columns, rows); a chunk is a range of rows of y."""
    first, last = span(chunk, chunks, count * columns)
    for line in range(first, last):
        matrix, column = line // columns, line % columns
        source = x[matrix * rows * columns + column :]
        target = y[line * rows : (line + 1) * rows]
        for row in range(rows):
            target[row] = source[row * columns]


@kernel
def column_sums(chunk: int, chunks: int, x: In, y: Out, rows: int, columns: int) -> None:
    """x (rows, columns) → y (chunks, columns): the sums over the chunk's range of rows."""
    first, last = span(chunk, chunks, rows)
    sums = y[chunk * columns : (chunk + 1) * columns]
    sums[:] = cast(x, 0)
    for row in range(first, last):
        line = x[row * columns : (row + 1) * columns]
        for column in range(columns):
            sums[column] += line[column]


@kernel
def add_partials(chunk: int, chunks: int, x: In, y: Out, parts: int, size: int) -> None:
    """x (parts, size) → y (size): the sum over the parts, in order; a chunk is a range of elements."""
    first, last = span(chunk, chunks, size)
    total = y[first:last]
    total[:] = x[first:last]
    for part in range(1, parts):
        source = x[part * size + first : part * size + last]
        for i in range(source.size):
            total[i] += source[i]


@kernel
def add_rows(
    chunk: int, chunks: int, parts: In, bias: In, dx: Out, rows: int, windows: int, span_size: int, row_size: int,
    step: int, before: int,
) -> None:  # fmt: skip
    """dx (rows, row_size) = each row's parts (windows, span_size), added where the windows lie: `step` apart, from −before.

    bias, when there is one, is added to each pixel.
    """
    first, last = span(chunk, chunks, rows)
    for row in range(first, last):
        if bias.size > 0:
            for pixel in range(row * row_size, (row + 1) * row_size, bias.size):
                dx[pixel : pixel + bias.size] = bias
        else:
            dx[row * row_size : (row + 1) * row_size] = cast(dx, 0)
        for window in range(windows):
            start = window * step - before
            low, high = max(0, -start), min(span_size, row_size - start)
            source, target = (row * windows + window) * span_size, row * row_size + start
            for k in range(low, high, lanes(dx)):
                rest = high - k
                store(dx, target + k, plus(load(dx, target + k, rest), load(parts, source + k, rest)), rest)
