"""Calls of a convolution, of its input gradient and of its weight gradient by Winograd's algorithm."""

from __future__ import annotations

import numpy as np

from netspec.kernels.abi import Kernel
from netspec.kernels.calls import Ref
from netspec.kernels.contract import NOTHING, PLAIN, Block, Contraction
from netspec.kernels.tile import VECTOR_BYTES
from netspec.kernels.winograd import (
    KERNEL_TAPS,
    PAD,
    winograd_forward,
    winograd_gradients,
    winograd_inputs,
    winograd_outputs,
    winograd_weight_gradient,
    winograd_weight_sums,
    winograd_weights,
)
from netspec.kernels.winograd_transforms import WINDOW
from netspec.layers.base import Io
from netspec.layers.contraction_calls import call_added, call_contraction, call_transposed
from netspec.layers.convolution import Geometry
from netspec.layers.winograd_tiling import BLOCK, Picture, Tiling, forward_tiling, gradient_tiling

WINOGRAD = "winograd"
_ZERO = np.zeros(1, dtype=np.int64)


def call_winograd_forward(io: Io, geometry: Geometry) -> None:
    """y from x and w."""
    tiling = forward_tiling(geometry, io.n)
    u = _transformed_weights(io, io.parameters["weight"], tiling, turned=False)
    _call_convolution(io, tiling, io.x[0], u, io.parameters.get("bias"), io.y)


def call_winograd_input_gradient(io: Io, geometry: Geometry, dx: Ref) -> None:
    """dx from dy and w."""
    tiling = gradient_tiling(geometry, io.n)
    w = call_transposed(io, io.parameters["weight"], 1, KERNEL_TAPS, geometry.channels, geometry.out_channels)
    u = _transformed_weights(io, w, tiling, turned=True)
    _call_convolution(io, tiling, io.dy, u, None, dx)


def call_winograd_weight_gradient(io: Io, geometry: Geometry, dw: Ref) -> None:
    """dw from x and dy."""
    tiling = forward_tiling(geometry, io.n)
    if tiling.is_staged():
        _call_weight_gradient_in_stages(io, tiling, dw)
    else:
        _call_weight_gradient_in_blocks(io, tiling, dw)


def _transformed_weights(io: Io, w: Ref, tiling: Tiling, *, turned: bool) -> Ref:
    rows, columns = tiling.source.channels, tiling.target.channels
    u = io.workspace("transformed_weights", tiling.weights)
    chunks = io.chunks(rows, 10 * columns)
    io.call(winograd_weights, chunks=chunks, w=w, u=u, rows=rows, columns=columns, turned=int(turned))
    return u


def _call_convolution(io: Io, tiling: Tiling, x: Ref, u: Ref, bias: Ref | None, y: Ref) -> None:
    if tiling.is_staged():
        _call_stages(io, tiling, x, u, bias, y)
        return
    source, target = tiling.source, tiling.target
    wide, out_wide = source.whole_channels(io.itemsize), target.whole_channels(io.itemsize)
    rows = np.arange(BLOCK, dtype=np.int64)
    io.call(
        winograd_forward, WINOGRAD, chunks=_blocks(tiling), x=x, u=u, bias=bias or NOTHING, y=y, **PLAIN,
        scratch=io.scratch(_planes(io, BLOCK * (wide + out_wide))), x_rows=rows * wide, y_rows=rows * out_wide, zero=_ZERO,
        tiles=tiling.tiles, block=BLOCK, height=source.height, width=source.width, channels=source.channels,
        out_height=target.height, out_width=target.width, out_channels=target.channels, **tiling.grid(), **tiling.margins(),
    )  # fmt: skip


def _planes(io: Io, elements: int) -> int:
    """Scratch elements for transformed tiles with so many elements in and out, with the padding of both."""
    return WINDOW * (elements + 2 * PAD * VECTOR_BYTES // io.itemsize)


def _blocks(tiling: Tiling) -> int:
    """Chunks of blocks: never so many that a thread would not stay with its scratch memory for a while."""
    return min(64, -(-tiling.tiles // BLOCK))


def _call_stages(io: Io, tiling: Tiling, x: Ref, u: Ref, bias: Ref | None, y: Ref) -> None:
    v = _call_transform(io, winograd_inputs, tiling, tiling.source, x=x, **tiling.margins())
    source, target = tiling.source, tiling.target
    wide, out_wide = source.whole_channels(io.itemsize), target.whole_channels(io.itemsize)
    rows, channels, outputs = np.arange(tiling.tiles), source.channels, target.channels
    blocks = [
        Block(p * tiling.tiles * wide, p * channels * outputs, p * tiling.tiles * out_wide, tiling.tiles)
        for p in range(WINDOW)
    ]
    products = io.workspace("products", WINDOW * tiling.tiles * out_wide)
    form = Contraction(
        rows * wide, rows * out_wide, _ZERO, _ZERO, channels, 1, 1, outputs, blocks, b_panel=channels, job_rows=tiling.tiles
    )
    call_contraction(io, form, v, u, products, algorithm=WINOGRAD)
    io.call(
        winograd_outputs, chunks=io.chunks(tiling.tiles, 12 * out_wide), v=products, bias=bias or NOTHING, y=y, **PLAIN,
        tiles=tiling.tiles, height=target.height, width=target.width, channels=outputs, **tiling.grid(),
    )  # fmt: skip


def _call_transform(io: Io, kernel: Kernel, tiling: Tiling, picture: Picture, **arguments: Ref | int) -> Ref:
    """All tiles transformed, (36, tiles, channels)."""
    wide = picture.whole_channels(io.itemsize)
    v = io.workspace("transformed", WINDOW * tiling.tiles * wide)
    io.call(
        kernel, chunks=io.chunks(tiling.tiles, 18 * wide), v=v, tiles=tiling.tiles, height=picture.height,
        width=picture.width, channels=picture.channels, **tiling.grid(), **arguments,
    )  # fmt: skip
    return v


def _call_weight_gradient_in_stages(io: Io, tiling: Tiling, dw: Ref) -> None:
    source, target = tiling.source, tiling.target
    v = _call_transform(io, winograd_inputs, tiling, source, x=io.x[0], **tiling.margins())
    g = _call_transform(io, winograd_gradients, tiling, target, dy=io.dy)
    wide, out_wide = source.whole_channels(io.itemsize), target.whole_channels(io.itemsize)
    rows, channels, outputs = np.arange(source.channels), source.channels, target.channels
    blocks = [
        Block(p * tiling.tiles * wide, p * tiling.tiles * out_wide, p * channels * outputs, channels) for p in range(WINDOW)
    ]
    u = io.workspace("transformed_sums", tiling.weights)
    form = Contraction(
        rows, rows, _ZERO, _ZERO, tiling.tiles, wide, out_wide, outputs, blocks, c_panel=channels, job_rows=channels
    )
    call_contraction(io, form, v, g, u, algorithm=WINOGRAD)
    chunks = io.chunks(channels, 10 * outputs)
    io.call(winograd_weight_sums, chunks=chunks, u=u, dw=dw, rows=channels, columns=outputs)


SUM_BLOCK = 36, 72
"""Tiles of a block of the weight gradient with few and many channels: 36 sums a weight are read and written once a block."""
FEW_WEIGHTS = 1 << 18
"""Sums (elements) that stay in the second-level cache with the block."""
PARTS = 8
"""Partial sums of a weight gradient: what is computed side by side."""


def _call_weight_gradient_in_blocks(io: Io, tiling: Tiling, dw: Ref) -> None:
    source, target = tiling.source, tiling.target
    wide, out_wide = source.whole_channels(io.itemsize), target.whole_channels(io.itemsize)
    block = SUM_BLOCK[tiling.weights > FEW_WEIGHTS]
    parts = min(PARTS, -(-tiling.tiles // block))
    partials = io.workspace("partials", parts * dw.size)
    io.call(
        winograd_weight_gradient, WINOGRAD, chunks=parts, x=io.x[0], dy=io.dy, dw=partials,
        scratch=io.scratch(_planes(io, block * (wide + out_wide)) + tiling.weights),
        rows=np.arange(source.channels, dtype=np.int64), zero=_ZERO, tiles=tiling.tiles, block=block,
        height=source.height, width=source.width, channels=source.channels, out_height=target.height,
        out_width=target.width, out_channels=target.channels, **tiling.grid(), **tiling.margins(),
    )  # fmt: skip
    call_added(io, partials, dw, parts)
