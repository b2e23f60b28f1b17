"""Sums, products and copies of whole tensors and of ranges of channels.

The plain loops run over slices from 0: an index whose sign LLVM does not know might count from the end of the array, and
that check would keep the loop from becoming vector code.
"""

from __future__ import annotations

from netspec.kernels.abi import In, InOut, Out, in_place_kernel, kernel, span
from netspec.kernels.lanes import lanes, load, plus, splat, store, times


@in_place_kernel(("x", "y"), is_copy=True)
def copy_elements(chunk: int, chunks: int, x: In, y: Out, n: int) -> None:
    """y = x."""
    first, last = span(chunk, chunks, n)
    x, y = x[first:last], y[first:last]
    for i in range(y.size):
        y[i] = x[i]


@in_place_kernel(("a", "y"), ("b", "y"))
def add_pair(chunk: int, chunks: int, a: In, b: In, y: Out, n: int) -> None:
    """y = a + b."""
    first, last = span(chunk, chunks, n)
    a, b, y = a[first:last], b[first:last], y[first:last]
    for i in range(y.size):
        y[i] = a[i] + b[i]


@kernel
def add_to(chunk: int, chunks: int, x: In, y: InOut, n: int) -> None:
    """y += x."""
    first, last = span(chunk, chunks, n)
    x, y = x[first:last], y[first:last]
    for i in range(y.size):
        y[i] += x[i]


@in_place_kernel(("a", "y"), ("b", "y"))
def multiply_pair(chunk: int, chunks: int, a: In, b: In, y: Out, n: int) -> None:
    """y = a · b."""
    first, last = span(chunk, chunks, n)
    a, b, y = a[first:last], b[first:last], y[first:last]
    for i in range(y.size):
        y[i] = a[i] * b[i]


@kernel
def multiply_by(chunk: int, chunks: int, x: In, y: InOut, n: int) -> None:
    """y *= x."""
    first, last = span(chunk, chunks, n)
    x, y = x[first:last], y[first:last]
    for i in range(y.size):
        y[i] *= x[i]


@kernel
def copy_columns(
    chunk: int, chunks: int, x: In, y: Out, rows: int, columns: int, x_columns: int, x_first: int, y_columns: int,
    y_first: int,
) -> None:  # fmt: skip
    """y (rows, y_columns)[:, y_first …] = x (rows, x_columns)[:, x_first …], `columns` of them; a chunk: some rows."""
    first, last = span(chunk, chunks, rows)
    for row in range(first, last):
        source, target = row * x_columns + x_first, row * y_columns + y_first
        for c in range(0, columns, lanes(x)):
            rest = columns - c
            store(y, target + c, load(x, source + c, rest), rest)


@in_place_kernel(("x", "y"))
def scale_channels(chunk: int, chunks: int, x: In, scale: In, y: Out, n: int, pixels: int, channels: int) -> None:
    """y[n,p,c] = x[n,p,c] · scale[n,c]; a chunk is a range of n·p."""
    first, last = span(chunk, chunks, n * pixels)
    for pixel in range(first, last):
        factors = pixel // pixels * channels
        for c in range(0, channels, lanes(x)):
            rest = channels - c
            o = pixel * channels + c
            store(y, o, times(load(x, o, rest), load(scale, factors + c, rest)), rest)


@kernel
def sum_of_products(
    chunk: int, chunks: int, a: In, b: In, y: Out, n: int, rows: int, columns: int, channels: int
) -> None:
    """y[n,c] = Σ_{h,w} a[n,h,w,c] · b[n,h,w,c]; sums of the rows' sums, against rounding; a chunk is a range of n."""
    first, last = span(chunk, chunks, n)
    zero = splat(a, a.dtype.type(0))
    for sample in range(first, last):
        for c in range(0, channels, lanes(a)):
            rest = channels - c
            total = zero
            for h in range(rows):
                part = zero
                for w in range(columns):
                    i = ((sample * rows + h) * columns + w) * channels + c
                    part = plus(part, times(load(a, i, rest), load(b, i, rest)))
                total = plus(total, part)
            store(y, sample * channels + c, total, rest)
