"""Batch normalization."""

from __future__ import annotations

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
from netspec.kernels.normalize import channel_sum, deviation_sums, normalize_rows_backward
from netspec.layers import known_statistics as known
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
        if io.training:
            self._batch_statistics(io)
        else:
            known.read_statistics(io, self.eps)
        known.normalize(io)

    def backward(self, io: Io) -> None:
        dx, sums = io.dx[0], NOTHING
        if known.wants_parameter_gradients(io) or (io.training and dx is not None):
            sums = known.backward_sums(io)
        if known.wants_parameter_gradients(io):
            known.emit_parameter_gradients(io, sums)
        if dx is not None and io.training:
            self._backward_training(io, sums, dx)
        elif dx is not None:
            known.backward_of_constants(io, dx)

    def _batch_statistics(self, io: Io) -> None:
        channels, width, chunks = io.y_shape[0], tile_width(io.y_shape[0]), known.row_chunks(io)
        mean, deviation = known.saved_statistics(io)
        origin = io.workspace("origin", width, "double")
        sums = io.workspace("sums", 2 * chunks * width, "double")
        io.call(tile_as_doubles, x=io.x[0].part(0, channels), y=origin)
        io.call(deviation_sums, chunks=chunks, x=io.x[0], origin=origin, sums=sums, channels=channels)
        io.call(
            batch_statistics, chunks=1, sums=sums, origin=origin, mean=mean, deviation=deviation, eps=self.eps,
            rows=io.y.size // channels, momentum=self.momentum, unbiased=int(self.unbiased_running_var), **io.state,
        )  # fmt: skip

    def _backward_training(self, io: Io, sums: Ref, dx: Ref) -> None:
        channels, width = io.y_shape[0], tile_width(io.y_shape[0])
        mean, deviation = known.saved_statistics(io)
        tiled = {name: io.workspace(name, width) for name in ("centre", "scale", "slope", "offset")}
        io.call(
            backward_coefficients, chunks=1, sums=sums, mean=mean, deviation=deviation,
            weight=io.parameters.get("weight", NOTHING), rows=io.y.size // channels, channels=channels, **tiled,
        )  # fmt: skip
        io.call(
            normalize_rows_backward, chunks=known.row_chunks(io), x=io.x[0], dy=io.dy, dx=dx, channels=channels, **tiled
        )  # fmt: skip
