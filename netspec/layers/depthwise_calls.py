"""Calls of a depthwise convolution and its gradients."""

from __future__ import annotations

from netspec.kernels.calls import Ref
from netspec.kernels.contract import NOTHING
from netspec.kernels.copies import transpose_matrices
from netspec.kernels.depthwise import (
    depthwise_forward,
    depthwise_input_gradient,
    depthwise_weight_gradient,
    depthwise_weight_sums,
)
from netspec.layers.base import Io
from netspec.layers.contraction_calls import call_margins
from netspec.layers.convolution import Geometry

DEPTHWISE = "depthwise"
MOST_PARTS = 16


def call_depthwise_forward(io: Io, geometry: Geometry) -> None:
    """y from x and w."""
    w = _taps_first(io, geometry)
    rows, (high, wide) = io.n * geometry.height.output, geometry.padded_size()
    io.call(
        depthwise_forward, DEPTHWISE, chunks=io.chunks(rows, _row_cost(geometry), by_sample=True),
        x=_padded_input(io, geometry), w=w, bias=io.parameters.get("bias", NOTHING), y=io.y, rows=rows, high=high,
        wide=wide, **_sizes(geometry),
    )  # fmt: skip


def call_depthwise_input_gradient(io: Io, geometry: Geometry, dx: Ref, bias: Ref | None = None) -> None:
    """dx from dy and w; plus a bias where this is the forward pass of a transposed convolution."""
    height, width = geometry.height, geometry.width
    rows = io.n * height.size
    io.call(
        depthwise_input_gradient, DEPTHWISE, chunks=io.chunks(rows, _row_cost(geometry), by_sample=True), dy=io.dy,
        w=_taps_first(io, geometry), bias=bias or NOTHING, dx=dx, rows=rows, height=height.size, width=width.size,
        top=height.before, left=width.before, **_sizes(geometry),
    )  # fmt: skip


def call_depthwise_weight_gradient(io: Io, geometry: Geometry, dw: Ref) -> None:
    """dw from x and dy."""
    rows, (high, wide) = io.n * geometry.height.output, geometry.padded_size()
    parts = io.shards or min(MOST_PARTS, rows)
    partials = io.workspace("partials", parts * dw.size)
    chunks = io.chunks(parts, 0, by_sample=True) if io.shards else parts
    io.call(
        depthwise_weight_gradient, DEPTHWISE, chunks=chunks, x=_padded_input(io, geometry), dy=io.dy, partials=partials,
        rows=rows, high=high, wide=wide, **_sizes(geometry),
    )  # fmt: skip
    chunks = io.chunks(geometry.channels, parts * geometry.window)
    io.call(
        depthwise_weight_sums, chunks=chunks, partials=partials, dw=dw, parts=parts, taps=geometry.window,
        channels=geometry.channels,
    )  # fmt: skip


def _taps_first(io: Io, geometry: Geometry) -> Ref:
    """The weights (C, taps) as (taps, C)."""
    w, taps = io.workspace("taps_first", geometry.channels * geometry.window), geometry.window
    chunks = io.chunks(taps, geometry.channels)
    io.call(
        transpose_matrices, chunks=chunks, x=io.parameters["weight"], y=w, count=1, rows=geometry.channels, columns=taps
    )
    return w


def _padded_input(io: Io, geometry: Geometry) -> Ref:
    height, width = geometry.height, geometry.width
    return call_margins(io, io.x[0], io.x_shapes[0], height.before, width.before, *geometry.padded_size())


def _row_cost(geometry: Geometry) -> float:
    return geometry.width.output * geometry.channels * geometry.window / 8


def _sizes(geometry: Geometry) -> dict[str, int]:
    h, w = geometry.height, geometry.width
    return {
        "channels": geometry.channels, "out_height": h.output, "out_width": w.output, "kh": h.kernel, "kw": w.kernel,
        "sh": h.stride, "sw": w.stride, "dh": h.dilation, "dw": w.dilation,
    }  # fmt: skip
