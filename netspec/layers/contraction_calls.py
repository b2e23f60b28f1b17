"""Calls that convolution and linear layers share: the contraction itself, margins, transposed weights, bias gradients."""

from __future__ import annotations

from netspec.kernels.calls import Ref
from netspec.kernels.contract import JOB, NOTHING, PLAIN, Contraction, contract
from netspec.kernels.copies import add_margins, add_partials, column_sums
from netspec.kernels.panels import PANEL, transpose_panels
from netspec.layers.base import Io, Shape


def call_contraction(
    io: Io, form: Contraction, a: Ref, b: Ref, c: Ref, bias: Ref | None = None, algorithm: str = "", *,
    by_sample: bool = False,
) -> None:  # fmt: skip
    """c = contraction of a and b, plus bias; c is overwritten. by_sample: the form's blocks lie sample by sample."""
    arguments = form.call_arguments()
    jobs = arguments["jobs"]
    assert not isinstance(jobs, int)
    count = jobs.size // JOB
    chunks = io.chunks(count, form.macs() / 8 / max(1, count), by_sample=by_sample)
    io.call(contract, algorithm, chunks=chunks, a=a, b=b, c=c, bias=bias or NOTHING, **PLAIN, **arguments)


def call_summed(
    io: Io, form: Contraction, segments: int, a: Ref, b: Ref, c: Ref, algorithm: str = ""
) -> None:
    """c = the sum of a contraction whose blocks write `segments` partial results one after the other.

    As many segments as shards are the shards.
    """
    if segments == 1:
        call_contraction(io, form, a, b, c, algorithm=algorithm)
        return
    partials = io.workspace("partials", segments * c.size)
    call_contraction(io, form, a, b, partials, algorithm=algorithm, by_sample=segments == io.shards)
    call_added(io, partials, c, segments)


def call_added(io: Io, partials: Ref, y: Ref, parts: int) -> None:
    """y = the sum of so many partial results, in order."""
    io.call(add_partials, chunks=io.chunks(y.size, parts), x=partials, y=y, parts=parts, size=y.size)


def call_margins(
    io: Io, x: Ref, shape: Shape, top: int, left: int, height: int, width: int, *, place: Ref | None = None
) -> Ref:
    """x with zero margins, height × width in all; x itself when there is nothing to add. place: default a workspace."""
    channels, h, w = shape
    if (h, w) == (height, width):
        return x
    padded = place or io.workspace("margins", io.n * height * width * channels)
    io.call(
        add_margins, chunks=io.chunks(io.n * height, width * channels, by_sample=True), x=x, y=padded,
        n=io.n, height=h, width=w, channels=channels, top=top, left=left, new_height=height, new_width=width,
    )  # fmt: skip
    return padded


def call_transposed(io: Io, w: Ref, groups: int, taps: int, rows: int, columns: int) -> Ref:
    """For each group w (taps · rows, columns) as (taps · columns, rows), tap by tap transposed; both in panels."""
    if min(rows, columns) == 1 and max(rows, columns) <= PANEL:
        return w
    result = io.workspace("transposed", w.size)
    chunks = io.chunks(groups * taps * -(-rows // PANEL), 2 * min(rows, PANEL) * columns)
    io.call(
        transpose_panels, chunks=chunks, x=w, y=result, groups=groups, taps=taps, rows=rows, columns=columns
    )  # fmt: skip
    return result


def call_bias_gradient(io: Io, dy: Ref, db: Ref, rows: int, columns: int) -> None:
    """db = the sums of dy (rows, columns) over its rows."""
    # Few columns are summed as many: several rows side by side fill the vectors, and are added up at the end.
    side_by_side = _largest_divisor(rows // io.n, WIDE // columns)
    rows, wide = rows // side_by_side, columns * side_by_side
    chunks = io.chunks(min(rows, 16), rows * wide / 16 / 4, by_sample=True)
    if chunks * side_by_side == 1:
        io.call(column_sums, x=dy, y=db, rows=rows, columns=columns)
        return
    partials = io.workspace("bias_partials", chunks * wide)
    io.call(column_sums, chunks=chunks, x=dy, y=partials, rows=rows, columns=wide)
    io.call(add_partials, x=partials, y=db, parts=chunks * side_by_side, size=columns)


WIDE = 128
"""Columns that are worth summing at once."""


def _largest_divisor(number: int, most: int) -> int:
    """The largest divisor of a number that is at most `most`; at least 1."""
    return max((d for d in range(1, most + 1) if number % d == 0), default=1)


def segment_bounds(items: int, segments: int) -> list[tuple[int, int]]:
    """`segments` ranges that cover the items in order."""
    return [(items * s // segments, items * (s + 1) // segments) for s in range(segments)]
