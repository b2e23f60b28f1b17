"""Calls of a convolution and of its gradients as sums over windows, and the forms for few channels."""

from __future__ import annotations

from netspec.kernels.calls import Ref
from netspec.kernels.columns import tile
from netspec.kernels.contract import NOTHING
from netspec.kernels.copies import add_rows
from netspec.kernels.pixel_groups import gather_weights, spread_weights
from netspec.layers.base import Io
from netspec.layers.contraction_calls import call_contraction, call_margins, call_summed, call_transposed
from netspec.layers.convolution import Geometry
from netspec.layers.pixel_groups import PixelGroups, group_of_pixels

DIRECT = "direct"
MOST_PARTS = 16
"""Partial sums of the weight gradient of a few output channels, when the batch is not cut into shards."""


def call_direct_forward(io: Io, geometry: Geometry) -> None:
    """y from x and w."""
    w, bias, form = io.parameters["weight"], io.parameters.get("bias"), geometry.forward(io.n, io.shards)
    if (pixels := group_of_pixels(geometry, io.itemsize)) > 1:
        groups = PixelGroups(geometry, pixels)
        w, bias, form = _spread(io, groups), _tiled_bias(io, groups), groups.forward(io.n, io.shards)
    call_contraction(io, form, _padded_input(io, geometry), w, io.y, bias, DIRECT, by_sample=True)


def call_direct_weight_gradient(io: Io, geometry: Geometry, dw: Ref) -> None:
    """dw from x and dy."""
    x = _padded_input_again(io, geometry)
    if (pixels := group_of_pixels(geometry, io.itemsize)) > 1:
        groups = PixelGroups(geometry, pixels)
        parts = io.shards or min(MOST_PARTS, io.n * geometry.height.output)
        form = groups.weight_gradient(io.n, parts)
        wide = io.workspace("wide_partials", parts * groups.weights)
        call_contraction(io, form, x, io.dy, wide, algorithm=DIRECT, by_sample=parts == io.shards)
        io.call(gather_weights, wide=wide, dw=dw, parts=parts, **groups.sizes())
        return
    form, segments = geometry.weight_gradient(io.n, io.itemsize, io.shards)
    call_summed(io, form, segments, x, io.dy, dw, DIRECT)


def call_direct_input_gradient(io: Io, geometry: Geometry, dx: Ref, bias: Ref | None = None) -> None:
    """dx from dy and w; plus a bias where this is the forward pass of a transposed convolution."""
    if geometry.prefers_rows(io.itemsize):
        _call_row_gradient(io, geometry, dx, bias)
        return
    w = call_transposed(
        io, io.parameters["weight"], geometry.groups, geometry.window, geometry.group_in, geometry.group_out
    )
    (top, height), (left, width) = geometry.gradient_margins()
    dy = call_margins(io, io.dy, io.y_shape, top, left, height, width)
    for form in geometry.input_gradients(io.n, io.shards):
        call_contraction(io, form, dy, w, dx, bias, DIRECT, by_sample=True)


def _spread(io: Io, groups: PixelGroups) -> Ref:
    wide = io.workspace("wide_weight", groups.weights)
    io.call(spread_weights, w=io.parameters["weight"], wide=wide, **groups.sizes())
    return wide


def _tiled_bias(io: Io, groups: PixelGroups) -> Ref | None:
    bias = io.parameters.get("bias")
    if bias is None:
        return None
    wide = io.workspace("wide_bias", groups.columns)
    io.call(tile, x=bias, y=wide)
    return wide


def _padded_input(io: Io, geometry: Geometry) -> Ref:
    """x with its margins; kept for the weight gradient where memory is no matter, in a batch cut into shards."""
    height, width = geometry.height, geometry.width
    place = _kept_input(io, geometry) if io.shards and _has_margins(io, geometry) else None
    return call_margins(
        io, io.x[0], io.x_shapes[0], height.before, width.before, *geometry.padded_size(), place=place
    )  # fmt: skip


def _padded_input_again(io: Io, geometry: Geometry) -> Ref:
    is_kept = io.shards and _has_margins(io, geometry)
    return _kept_input(io, geometry) if is_kept else _padded_input(io, geometry)


def _has_margins(io: Io, geometry: Geometry) -> bool:
    return io.x_shapes[0][1:] != geometry.padded_size()


def _kept_input(io: Io, geometry: Geometry) -> Ref:
    height, width = geometry.padded_size()
    return io.saved("padded", io.n * height * width * geometry.channels)


def _call_row_gradient(io: Io, geometry: Geometry, dx: Ref, bias: Ref | None) -> None:
    """For few channels: each output pixel's part of a row of dx, (kernel column, channel) in one vector, then added."""
    (kh, kw), width = geometry.kernel, geometry.width
    span_size = kw * geometry.channels
    w = call_transposed(io, io.parameters["weight"], 1, kh, span_size, geometry.out_channels)
    top, high = geometry.gradient_margins()[0]
    dy = call_margins(io, io.dy, io.y_shape, top, 0, high, width.output)
    rows = io.n * geometry.height.size
    parts = io.workspace("row_parts", rows * width.output * span_size)
    for form in geometry.row_gradients(io.n):
        call_contraction(io, form, dy, w, parts, algorithm=DIRECT, by_sample=True)
    io.call(
        add_rows, chunks=io.chunks(rows, width.output * span_size / 8, by_sample=True), parts=parts, dx=dx, rows=rows,
        bias=bias or NOTHING, windows=width.output, span_size=span_size, row_size=width.size * geometry.channels,
        step=width.stride * geometry.channels, before=width.before * geometry.channels,
    )  # fmt: skip
