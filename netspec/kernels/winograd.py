"""Convolution with a 3×3 window and stride 1 by Winograd's F(4×4, 3×3): a quarter of the multiplications.

A picture is cut into tiles of 4×4 outputs; each is computed from 6×6 inputs. Transformed (`winograd_transforms.py`), a tile
is 36 numbers a channel, and the convolution is 36 matrix products, tiles × channels by channels × output channels. Both
gradients have the same form. Tensors of transformed tiles are (36, tiles, channels), channels rounded up to whole vectors.

`winograd_forward` and `winograd_weight_gradient` take a few tiles at a time through all three stages in a thread's own
memory, while they are in its cache. Where the weights are large and the tiles few, the stages are calls of their own.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from netspec.kernels.abi import Array, In, Ints, Out, Scratch, cast, kernel, span
from netspec.kernels.contract import sweep
from netspec.kernels.panels import PANEL
from netspec.kernels.tile import FROM_RESULT, FROM_ZERO, VECTOR_BYTES
from netspec.kernels.winograd_transforms import (
    OUTPUTS,
    TILE,
    WINDOW,
    gradient_transform,
    input_transform,
    output_transform,
    weight_gradient_transform,
    weight_transform,
)

KERNEL_TAPS = 9
PAD = 1
"""Vectors between two planes of transformed tiles in scratch memory: without them all 36 fall into the same cache sets."""
compiled = njit(error_model="numpy", boundscheck=False)


@compiled
def _tile_place(tile: int, down: int, across: int) -> tuple[int, int, int]:
    """(sample, row, column) of the first output of a tile; `down` × `across` tiles make a picture."""
    sample, rest = tile // (down * across), tile % (down * across)
    return sample, rest // across * OUTPUTS, rest % across * OUTPUTS


@compiled
def _whole_vectors(x: Array, channels: int) -> int:
    lanes = VECTOR_BYTES // x.itemsize
    return (channels + lanes - 1) // lanes * lanes


@compiled
def transform_inputs(
    x: Array, v: Array, tiles: tuple[int, int, int], picture: tuple[int, int, int], grid: tuple[int, int],
    margin: tuple[int, int],
) -> None:  # fmt: skip
    """v (36 planes) from tiles (first, count, plane) of x (n, H, W, C); grid: tiles of a picture, down and across."""
    first, count, plane = tiles
    height, width, channels = picture
    wide, lanes = _whole_vectors(x, channels), VECTOR_BYTES // x.itemsize
    for t in range(count):
        sample, row, column = _tile_place(first + t, grid[0], grid[1])
        row, column = row - margin[0], column - margin[1]
        top, bottom, left, right = max(0, -row), min(TILE, height - row), max(0, -column), min(TILE, width - column)
        corner = ((sample * height + row) * width + column) * channels
        for c in range(0, channels, lanes):
            source = (corner + c, width * channels, channels, top, bottom, left, right)
            input_transform(x, v, source, (t * wide + c, TILE * plane, plane, TILE, TILE, lanes))


@compiled
def transform_gradients(
    dy: Array, v: Array, tiles: tuple[int, int, int], picture: tuple[int, int, int], grid: tuple[int, int]
) -> None:
    """v (36 planes) from tiles (first, count, plane) of dy (n, H', W', O)."""
    first, count, plane = tiles
    height, width, channels = picture
    wide, lanes = _whole_vectors(dy, channels), VECTOR_BYTES // dy.itemsize
    for t in range(count):
        sample, row, column = _tile_place(first + t, grid[0], grid[1])
        bottom, right = min(OUTPUTS, height - row), min(OUTPUTS, width - column)
        corner = ((sample * height + row) * width + column) * channels
        for c in range(0, channels, lanes):
            source = (corner + c, width * channels, channels, 0, bottom, 0, right)
            gradient_transform(dy, v, source, (t * wide + c, TILE * plane, plane, TILE, TILE, lanes))


@compiled
def transform_outputs(
    v: Array, y: Array, post: tuple[Array, ...], floor: float, tiles: tuple[int, int, int],
    picture: tuple[int, int, int], grid: tuple[int, int],
) -> None:  # fmt: skip
    """Tiles (first, count, plane) of y (n, H', W', O) from v (36 planes); post: (bias, centre, scale, offset, residual)."""
    first, count, plane = tiles
    height, width, channels = picture
    wide, lanes = _whole_vectors(y, channels), VECTOR_BYTES // y.itemsize
    for t in range(count):
        sample, row, column = _tile_place(first + t, grid[0], grid[1])
        rows, columns = min(OUTPUTS, height - row), min(OUTPUTS, width - column)
        corner = ((sample * height + row) * width + column) * channels
        for c in range(0, channels, lanes):
            source = (t * wide + c, TILE * plane, plane, 0, TILE, 0, TILE)
            target = (corner + c, width * channels, channels, rows, columns, channels - c)
            output_transform(v, y, post, source, target, c, floor)


@kernel
def winograd_weights(chunk: int, chunks: int, w: In, u: Out, rows: int, columns: int, turned: int) -> None:
    """u (36 matrices (rows, columns) in panels) = G g Gᵀ of w (9 · rows, columns) in panels; turned: g by half a turn."""
    lanes = VECTOR_BYTES // w.itemsize
    panels = (columns + PANEL - 1) // PANEL
    first, last = span(chunk, chunks, panels * rows)
    for item in range(first, last):
        panel, row = item // rows * PANEL, item % rows
        wide = min(PANEL, columns - panel)
        tap = rows * wide
        for c in range(0, wide, lanes):
            at, way = KERNEL_TAPS * rows * panel + row * wide + c, tap
            if turned:
                at, way = at + (KERNEL_TAPS - 1) * tap, -tap
            target = (rows * panel + row * wide + c, TILE * rows * columns, rows * columns, TILE, TILE, wide - c)
            weight_transform(w, u, (at, 3 * way, way, 0, 3, 0, 3), target)


@compiled
def _add_up_weights(u: Array, u0: int, dw: Array, dw0: int, first: int, last: int, rows: int, columns: int) -> None:
    """dw = Gᵀ u G for the items (panel, row) first … last − 1; the layouts of `winograd_weights`."""
    lanes = VECTOR_BYTES // u.itemsize
    for item in range(first, last):
        panel, row = item // rows * PANEL, item % rows
        wide = min(PANEL, columns - panel)
        tap = rows * wide
        for c in range(0, wide, lanes):
            source = (u0 + rows * panel + row * wide + c, TILE * rows * columns, rows * columns, 0, TILE, 0, TILE)
            target = (dw0 + KERNEL_TAPS * rows * panel + row * wide + c, 3 * tap, tap, 3, 3, wide - c)
            weight_gradient_transform(u, dw, source, target)


@kernel
def winograd_weight_sums(chunk: int, chunks: int, u: In, dw: Out, rows: int, columns: int) -> None:
    """dw (9 · rows, columns) in panels = Gᵀ u G of u (36 matrices (rows, columns) in panels)."""
    first, last = span(chunk, chunks, (columns + PANEL - 1) // PANEL * rows)
    _add_up_weights(u, 0, dw, 0, first, last, rows, columns)


@kernel
def winograd_inputs(
    chunk: int, chunks: int, x: In, v: Out, tiles: int, height: int, width: int, channels: int, down: int, across: int,
    top: int, left: int,
) -> None:  # fmt: skip
    """All tiles of x transformed: v (36, tiles, C); a chunk is a range of tiles."""
    first, last = span(chunk, chunks, tiles)
    wide = _whole_vectors(x, channels)
    place = (first, last - first, tiles * wide)
    transform_inputs(x, v[first * wide :], place, (height, width, channels), (down, across), (top, left))


@kernel
def winograd_gradients(
    chunk: int, chunks: int, dy: In, v: Out, tiles: int, height: int, width: int, channels: int, down: int, across: int
) -> None:
    """All tiles of dy transformed: v (36, tiles, O); a chunk is a range of tiles."""
    first, last = span(chunk, chunks, tiles)
    wide = _whole_vectors(dy, channels)
    transform_gradients(
        dy, v[first * wide :], (first, last - first, tiles * wide), (height, width, channels), (down, across)
    )


@kernel
def winograd_outputs(
    chunk: int, chunks: int, v: In, bias: In, y: Out, centre: In, scale: In, offset: In, residual: In, tiles: int,
    height: int, width: int, channels: int, down: int, across: int, floor: float,
) -> None:  # fmt: skip
    """y from the products v (36, tiles, O); a chunk is a range of tiles."""
    first, last = span(chunk, chunks, tiles)
    wide = _whole_vectors(y, channels)
    tiling = (first, last - first, tiles * wide)
    post = (bias, centre, scale, offset, residual)
    transform_outputs(v[first * wide :], y, post, floor, tiling, (height, width, channels), (down, across))


@kernel
def winograd_forward(
    chunk: int, chunks: int, x: In, u: In, bias: In, y: Out, centre: In, scale: In, offset: In, residual: In,
    scratch: Scratch, x_rows: Ints, y_rows: Ints, zero: Ints, tiles: int, block: int, height: int, width: int,
    channels: int, out_height: int, out_width: int, out_channels: int, down: int, across: int, top: int, left: int,
    floor: float,
) -> None:  # fmt: skip
    """y = x ∗ w + bias with u from `winograd_weights`, `block` tiles at a time; a chunk is a range of blocks."""
    lanes = VECTOR_BYTES // x.itemsize
    wide, out_wide = _whole_vectors(x, channels), _whole_vectors(x, out_channels)
    plane, out_plane = block * wide + PAD * lanes, block * out_wide + PAD * lanes
    v, m, none = scratch[: WINDOW * plane], scratch[WINDOW * plane :], x[:0]
    products, tables, lowest = (v, u, none, m, none, none, none, none), (x_rows, y_rows, zero, zero), cast(x, -np.inf)
    first, last = span(chunk, chunks, (tiles + block - 1) // block)
    for number in range(first, last):
        start = number * block
        count = min(block, tiles - start)
        transform_inputs(x, v, (start, count, plane), (height, width, channels), (down, across), (top, left))
        for p in range(WINDOW):
            for n in range(0, out_channels, 2 * lanes):
                panel = n // PANEL * PANEL
                unit = min(PANEL, out_channels - panel)
                u_at = p * channels * out_channels + channels * panel + n - panel
                at = (p * plane, u_at, 0, p * out_plane + n, 0)
                numbers, columns = (1, channels, 1, unit, 1, 1), min(2 * lanes, out_channels - n)
                sweep(products, tables, at, (0, count), numbers, columns, FROM_ZERO, lowest)
        picture, post = (out_height, out_width, out_channels), (bias, centre, scale, offset, residual)
        transform_outputs(m, y, post, floor, (start, count, out_plane), picture, (down, across))


@kernel
def winograd_weight_gradient(
    chunk: int, chunks: int, x: In, dy: In, dw: Out, scratch: Scratch, rows: Ints, zero: Ints,
    tiles: int, block: int, height: int, width: int, channels: int, out_height: int, out_width: int, out_channels: int,
    down: int, across: int, top: int, left: int,
) -> None:  # fmt: skip
    """dw (chunks, 9 · C, O), each (9 · C, O) in panels: the sums over the chunk's blocks of `block` tiles."""
    lanes = VECTOR_BYTES // x.itemsize
    wide, out_wide = _whole_vectors(x, channels), _whole_vectors(x, out_channels)
    plane, out_plane = block * wide + PAD * lanes, block * out_wide + PAD * lanes
    v, g = scratch[: WINDOW * plane], scratch[WINDOW * plane : WINDOW * (plane + out_plane)]
    u, none = scratch[WINDOW * (plane + out_plane) :], x[:0]
    products, tables, lowest = (v, g, none, u, none, none, none, none), (rows, rows, zero, zero), cast(x, -np.inf)
    first, last = span(chunk, chunks, (tiles + block - 1) // block)
    for number in range(first, last):
        start = number * block
        count = min(block, tiles - start)
        transform_inputs(x, v, (start, count, plane), (height, width, channels), (down, across), (top, left))
        picture = (out_height, out_width, out_channels)
        transform_gradients(dy, g, (start, count, out_plane), picture, (down, across))
        for p in range(WINDOW):
            for n in range(0, out_channels, 2 * lanes):
                panel = n // PANEL * PANEL
                unit = min(PANEL, out_channels - panel)
                u_at = p * channels * out_channels + channels * panel + n - panel
                at = (p * plane, p * out_plane + n, 0, u_at, 0)
                numbers, columns = (1, count, wide, out_wide, 1, unit), min(2 * lanes, out_channels - n)
                begin = FROM_ZERO if number == first else FROM_RESULT
                sweep(products, tables, at, (0, channels), numbers, columns, begin, lowest)
    panels = (out_channels + PANEL - 1) // PANEL
    _add_up_weights(u, 0, dw, chunk * KERNEL_TAPS * channels * out_channels, 0, panels * channels, channels, out_channels)
