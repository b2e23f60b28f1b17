"""Normalization of each channel by a mean and a deviation that are given: what batch and instance normalization share."""

from __future__ import annotations

import math

import numpy as np

from netspec.kernels.abi import Doubles, DoublesOut, In, Out, kernel
from netspec.kernels.calls import Ref
from netspec.kernels.columns import tile_width
from netspec.kernels.contract import NOTHING
from netspec.kernels.normalize import channel_sum, gradient_sums, normalize_rows, scale_rows
from netspec.layers.base import Io


@kernel
def running_statistics(
    chunk: int, chunks: int, running_mean: In, running_var: In, mean: DoublesOut, deviation: DoublesOut, eps: float
) -> None:
    """Tiled mean and √(variance + eps) from the running statistics."""
    for j in range(mean.size):
        c = j % running_mean.size
        mean[j] = running_mean[c]
        deviation[j] = np.sqrt(np.float64(running_var[c]) + np.float64(eps))


@kernel
def forward_coefficients(
    chunk: int, chunks: int, mean: Doubles, deviation: Doubles, weight: In, bias: In,
    centre: Out, scale: Out, offset: Out, channels: int,
) -> None:  # fmt: skip
    """y = (x − centre) · scale + offset; the offset makes up for the rounding of centre."""
    for j in range(mean.size):
        c = j % channels
        gain = (np.float64(weight[c]) if weight.size else 1.0) / deviation[j]
        centre[j] = mean[j]
        scale[j] = gain
        offset[j] = (np.float64(bias[c]) if bias.size else 0.0) + (np.float64(centre[j]) - mean[j]) * gain


@kernel
def parameter_gradients(
    chunk: int, chunks: int, sums: Doubles, deviation: Doubles, dweight: Out, dbias: Out, channels: int
) -> None:
    """dγ and dβ, where wanted, from Σ dy (x − mean) and Σ dy."""
    width = deviation.size
    for c in range(dweight.size):
        dweight[c] = channel_sum(sums, 1, c, channels, width) / deviation[c]
    for c in range(dbias.size):
        dbias[c] = channel_sum(sums, 0, c, channels, width)


@kernel
def frozen_scale(chunk: int, chunks: int, deviation: Doubles, weight: In, scale: Out, channels: int) -> None:
    """dx = dy · scale where the statistics are constants."""
    for j in range(scale.size):
        scale[j] = (np.float64(weight[j % channels]) if weight.size else 1.0) / deviation[j]


def row_chunks(io: Io) -> int:
    """Chunks of whole pixels."""
    return io.chunks(io.y.size // io.y_shape[0], 2 * io.y_shape[0])


def saved_statistics(io: Io) -> tuple[Ref, Ref]:
    """Tiled mean and deviation, kept for the backward pass."""
    width = tile_width(io.y_shape[0])
    return io.saved("mean", width, "double"), io.saved("deviation", width, "double")


def read_statistics(io: Io, eps: float) -> None:
    """Fill the saved mean and deviation from the running statistics."""
    mean, deviation = saved_statistics(io)
    io.call(running_statistics, chunks=1, mean=mean, deviation=deviation, eps=eps, **io.state)


def normalize(io: Io) -> None:
    """y = γ (x − mean) / deviation + β by the saved statistics."""
    channels, width = io.y_shape[0], tile_width(io.y_shape[0])
    mean, deviation = saved_statistics(io)
    centre, scale, offset = (io.workspace(name, width) for name in ("centre", "scale", "offset"))
    io.call(
        forward_coefficients, mean=mean, deviation=deviation, centre=centre, scale=scale, offset=offset,
        weight=io.parameters.get("weight", NOTHING), bias=io.parameters.get("bias", NOTHING), channels=channels,
    )  # fmt: skip
    io.call(
        normalize_rows, chunks=row_chunks(io), x=io.x[0], y=io.y, channels=channels,
        centre=centre, scale=scale, offset=offset, residual=NOTHING, floor=-math.inf,
    )  # fmt: skip


def backward_sums(io: Io) -> Ref:
    """Σ dy and Σ dy (x − mean) of each channel, by chunks, for the gradients of γ and β and of the input."""
    chunks = row_chunks(io)
    sums = io.workspace("sums", 2 * chunks * tile_width(io.y_shape[0]), "double")
    mean, _ = saved_statistics(io)
    io.call(gradient_sums, chunks=chunks, x=io.x[0], dy=io.dy, mean=mean, sums=sums, channels=io.y_shape[0])
    return sums


def wants_parameter_gradients(io: Io) -> bool:
    return any(io.gradients.get(name) is not None for name in ("weight", "bias"))


def emit_parameter_gradients(io: Io, sums: Ref) -> None:
    """Write dγ and dβ where wanted."""
    dweight, dbias = (io.gradients.get(name) for name in ("weight", "bias"))
    io.call(
        parameter_gradients, sums=sums, deviation=saved_statistics(io)[1], channels=io.y_shape[0],
        dweight=dweight or NOTHING, dbias=dbias or NOTHING,
    )  # fmt: skip


def backward_of_constants(io: Io, dx: Ref) -> None:
    """dx = dy γ / deviation, where the statistics do not depend on x."""
    channels = io.y_shape[0]
    scale, weight = io.workspace("scale", tile_width(channels)), io.parameters.get("weight", NOTHING)
    io.call(frozen_scale, deviation=saved_statistics(io)[1], weight=weight, scale=scale, channels=channels)
    io.call(scale_rows, chunks=row_chunks(io), x=io.dy, scale=scale, y=dx, channels=channels)
