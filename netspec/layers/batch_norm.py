"""Batch normalization."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.abi import Doubles, DoublesOut, In, InOut, Out, cast, kernel
from netspec.kernels.calls import Ref
from netspec.kernels.columns import tile_as_doubles, tile_width
from netspec.kernels.constants import LEAST_EPS
from netspec.kernels.contract import NOTHING
from netspec.kernels.normalize import (
    channel_sum,
    deviation_sums,
    gradient_sums,
    normalize_rows,
    normalize_rows_backward,
    scale_rows,
)
from netspec.layers.base import Family, Io, Layer, Note, Parameter, Shape, State, volume


@kernel
def batch_statistics(
    chunk: int, chunks: int, sums: Doubles, origin: Doubles, mean: DoublesOut, deviation: DoublesOut,
    running_mean: InOut, running_var: InOut, rows: int, eps: float, momentum: float, unbiased: int,
) -> None:  # fmt: skip
    """Tiled mean and √(variance + eps) of each channel; the running statistics move towards them."""
    channels, width = running_mean.size, mean.size
    count = np.float64(rows)
    correction = count / (count - 1) if unbiased and rows > 1 else 1.0
    for c in range(channels):
        shift = channel_sum(sums, 0, c, channels, width) / count
        variance = channel_sum(sums, 1, c, channels, width) / count - shift * shift
        variance = np.float64(0) if variance < 0 else variance  # rounding; keeps NaN
        for j in range(c, width, channels):
            mean[j] = origin[c] + shift
            deviation[j] = np.sqrt(variance + np.float64(eps))
        running_mean[c] += momentum * (cast(running_mean, mean[c]) - running_mean[c])
        running_var[c] += momentum * (cast(running_var, variance * correction) - running_var[c])


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
def backward_coefficients(
    chunk: int, chunks: int, sums: Doubles, mean: Doubles, deviation: Doubles, weight: In,
    centre: Out, scale: Out, slope: Out, offset: Out, rows: int, channels: int,
) -> None:  # fmt: skip
    """dx = (dy − offset − (x − centre) · slope) · scale."""
    width = mean.size
    for c in range(channels):
        gain = np.float64(weight[c]) if weight.size else 1.0
        variance = deviation[c] * deviation[c]
        first = channel_sum(sums, 0, c, channels, width) / np.float64(rows)
        second = channel_sum(sums, 1, c, channels, width) / (np.float64(rows) * variance)
        for j in range(c, width, channels):
            centre[j] = mean[j]
            scale[j] = gain / deviation[j]
            slope[j] = second
            offset[j] = first + (np.float64(centre[j]) - mean[j]) * second


@kernel
def frozen_scale(chunk: int, chunks: int, deviation: Doubles, weight: In, scale: Out, channels: int) -> None:
    """dx = dy · scale where the statistics are constants."""
    for j in range(scale.size):
        scale[j] = (np.float64(weight[j % channels]) if weight.size else 1.0) / deviation[j]


class BatchNorm(Layer):
    """Batch normalization of each channel over the batch and its pixels.

    y = γ_c x̂ + β_c,  x̂ = (x − μ_c) / √(σ²_c + ε)
    x: (N, C, H, W) or (N, F) → y: the same;  γ (weight), β (bias): (C,).
    Training: μ, σ² are the mean and population variance of the m = N·H·W values; the running statistics move by
    `momentum` towards μ and σ² m/(m−1). Inference and frozen layers: μ, σ² are the running statistics.
    dγ = Σ dy x̂;  dβ = Σ dy;  training: dx = γ/√(σ²+ε) · (dy − dβ/m − x̂ dγ/m);  frozen: dx = γ/√(σ²+ε) · dy.
    Sums are float64 in any dtype. A single value (m = 1) has σ² = 0, so y = β, dx = 0, and enters the running
    variance as 0; PyTorch refuses it.  Source: Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1.
    """

    family: ClassVar[Family] = "normalization"
    aliases: ClassVar[tuple[str, ...]] = ("batch_norm2d", "batch_norm1d", "batch_normalization", "bn")
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "keras": {"eps": 1e-3, "momentum": 0.01, "unbiased_running_var": False},
        "caffe": {"momentum": 0.001},
    }
    type: Literal["batch_norm"] = "batch_norm"
    eps: float = Field(default=1e-5, ge=LEAST_EPS)
    """Added to the variance."""
    momentum: float = Field(default=0.1, ge=0, le=1)
    """Share of the new value in the running statistics (Keras, Caffe and ONNX give the share of the old one)."""
    affine: bool = True
    """Learn γ (weight) and β (bias)."""
    unbiased_running_var: bool = True
    """The running variance takes σ² m/(m−1), as in PyTorch and Caffe, instead of σ², as in Keras and ONNX."""
    weight_init: InitializerField = Field(default="ones", validate_default=True)
    """Initial γ."""
    bias_init: InitializerField = Field(default="zeros", validate_default=True)
    """Initial β."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        if not self.affine:
            return []
        shape = (inputs[0][0],)
        return [
            Parameter("weight", shape, self.weight_init, decays=False),
            Parameter("bias", shape, self.bias_init, decays=False),
        ]

    def states(self, inputs: Sequence[Shape]) -> list[State]:
        shape = (inputs[0][0],)
        return [State("running_mean", shape, 0.0), State("running_var", shape, 1.0)]

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        shape = inputs[0]
        if self.frozen or len(shape) != 3 or volume(shape) != shape[0]:
            return []
        message = f"each sample has one value per channel ({shape[0]}×1×1), so a batch of 1 has no variance and gives β"
        return [Note("NS902", message, 'keep batch_size ≥ 2 and last_batch = "drop"')]

    def forward(self, io: Io) -> None:
        channels, width = io.y_shape[0], tile_width(io.y_shape[0])
        mean, deviation = self._saved(io)
        if io.training:
            self._batch_statistics(io, mean, deviation)
        else:
            io.call(running_statistics, chunks=1, mean=mean, deviation=deviation, eps=self.eps, **io.state)
        centre, scale, offset = (io.workspace(name, width) for name in ("centre", "scale", "offset"))
        io.call(
            forward_coefficients, mean=mean, deviation=deviation, centre=centre, scale=scale, offset=offset,
            weight=io.parameters.get("weight", NOTHING), bias=io.parameters.get("bias", NOTHING), channels=channels,
        )  # fmt: skip
        io.call(
            normalize_rows, chunks=self._chunks(io), x=io.x[0], y=io.y, channels=channels,
            centre=centre, scale=scale, offset=offset, residual=NOTHING, floor=-math.inf,
        )  # fmt: skip

    def backward(self, io: Io) -> None:
        dweight, dbias = (io.gradients.get(name) for name in ("weight", "bias"))
        sums = NOTHING
        if dweight is not None or dbias is not None or (io.training and io.dx[0] is not None):
            sums = self._gradient_sums(io)
        if dweight is not None or dbias is not None:
            io.call(
                parameter_gradients, sums=sums, deviation=self._saved(io)[1], channels=io.y_shape[0],
                dweight=dweight or NOTHING, dbias=dbias or NOTHING,
            )  # fmt: skip
        if io.dx[0] is not None and io.training:
            self._backward_training(io, sums, io.dx[0])
        elif io.dx[0] is not None:
            self._backward_frozen(io, io.dx[0])

    def _saved(self, io: Io) -> tuple[Ref, Ref]:
        width = tile_width(io.y_shape[0])
        return io.saved("mean", width, "double"), io.saved("deviation", width, "double")

    def _chunks(self, io: Io) -> int:
        return io.chunks(io.y.size // io.y_shape[0], 2 * io.y_shape[0])

    def _batch_statistics(self, io: Io, mean: Ref, deviation: Ref) -> None:
        channels, width, chunks = io.y_shape[0], tile_width(io.y_shape[0]), self._chunks(io)
        origin = io.workspace("origin", width, "double")
        sums = io.workspace("sums", 2 * chunks * width, "double")
        io.call(tile_as_doubles, x=io.x[0].part(0, channels), y=origin)
        io.call(deviation_sums, chunks=chunks, x=io.x[0], origin=origin, sums=sums, channels=channels)
        io.call(
            batch_statistics, chunks=1, sums=sums, origin=origin, mean=mean, deviation=deviation, eps=self.eps,
            rows=io.y.size // channels, momentum=self.momentum, unbiased=int(self.unbiased_running_var), **io.state,
        )  # fmt: skip

    def _gradient_sums(self, io: Io) -> Ref:
        chunks = self._chunks(io)
        sums = io.workspace("sums", 2 * chunks * tile_width(io.y_shape[0]), "double")
        mean, _ = self._saved(io)
        io.call(gradient_sums, chunks=chunks, x=io.x[0], dy=io.dy, mean=mean, sums=sums, channels=io.y_shape[0])
        return sums

    def _backward_training(self, io: Io, sums: Ref, dx: Ref) -> None:
        channels, width = io.y_shape[0], tile_width(io.y_shape[0])
        mean, deviation = self._saved(io)
        tiled = {name: io.workspace(name, width) for name in ("centre", "scale", "slope", "offset")}
        io.call(
            backward_coefficients, chunks=1, sums=sums, mean=mean, deviation=deviation,
            weight=io.parameters.get("weight", NOTHING), rows=io.y.size // channels, channels=channels, **tiled,
        )  # fmt: skip
        io.call(
            normalize_rows_backward, chunks=self._chunks(io), x=io.x[0], dy=io.dy, dx=dx, channels=channels, **tiled
        )  # fmt: skip

    def _backward_frozen(self, io: Io, dx: Ref) -> None:
        channels = io.y_shape[0]
        scale, weight = io.workspace("scale", tile_width(channels)), io.parameters.get("weight", NOTHING)
        io.call(frozen_scale, deviation=self._saved(io)[1], weight=weight, scale=scale, channels=channels)
        io.call(scale_rows, chunks=self._chunks(io), x=io.dy, scale=scale, y=dx, channels=channels)
