"""Sums in a fixed order: every chunk leaves a partial sum in its own place, one further call adds them in turn.

The order of additions depends on the number of chunks, which follows from the work alone; never on the threads.
"""

from __future__ import annotations

from netspec.kernels.abi import Doubles, DoublesOut, In, kernel, span


@kernel
def add_partials(chunk: int, chunks: int, partials: Doubles, total: DoublesOut, parts: int, width: int) -> None:
    """total[j] = Σ_i partials[i · width + j] over i < parts, in order; one chunk only."""
    for j in range(width):
        value = 0.0
        for i in range(parts):
            value += partials[i * width + j]
        total[j] = value


@kernel
def sum_squares(chunk: int, chunks: int, x: In, partials: DoublesOut, n: int) -> None:
    """partials[chunk] = Σ x² over the chunk's elements, in float64 and eight interleaved sums.

    Eight sums, because one would wait for its own last addition: 0.3 instead of 1 ns an element.
    """
    first, last = span(chunk, chunks, n)
    part = x[first:last]
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    rounds = part.size // 8
    for i in range(rounds):
        s0 += float(part[8 * i]) ** 2
        s1 += float(part[8 * i + 1]) ** 2
        s2 += float(part[8 * i + 2]) ** 2
        s3 += float(part[8 * i + 3]) ** 2
        s4 += float(part[8 * i + 4]) ** 2
        s5 += float(part[8 * i + 5]) ** 2
        s6 += float(part[8 * i + 6]) ** 2
        s7 += float(part[8 * i + 7]) ** 2
    for i in range(8 * rounds, part.size):
        s0 += float(part[i]) ** 2
    partials[chunk] = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
