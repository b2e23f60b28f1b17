"""Instance normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.constants import LEAST_EPS
from netspec.kernels.group_normalize import mean_statistics
from netspec.layers import known_statistics as known
from netspec.layers.base import Family, Io, Layer, Note, Parameter, Shape, ShapeError, State, volume
from netspec.layers.grouped_norm import group_backward, group_forward, saved_group_statistics, single_value_notes


class InstanceNorm(Layer):
    """Normalization of each channel of each sample over its pixels.

    y = γ_c x̂ + β_c,  x̂ = (x − μ_nc) / √(σ²_nc + ε)
    x: (N, C, H, W) → y: the same;  γ (weight), β (bias): (C,), only with `affine`.
    μ, σ² are the mean and population variance of the m = H·W values of the channel, in training and inference alike.
    With `track_running_stats` the running statistics move by `momentum` towards the means over the batch of μ and
    σ² m/(m−1), and inference and frozen layers normalize by them, as batch_norm does.
    dγ = Σ dy x̂;  dβ = Σ dy;  dx = γ/√(σ²+ε) · (dy − Σ dy / m − x̂ Σ dy x̂ / m), sums over the pixels; by running
    statistics dx = γ/√(σ²+ε) · dy.
    Sums are float64 in any dtype. Raises ShapeError for vectors. A single pixel gives β; PyTorch refuses it.
    Source: Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022; the running statistics are PyTorch's.
    """

    family: ClassVar[Family] = "normalization"
    aliases: ClassVar[tuple[str, ...]] = (
        "instance_norm2d", "instancenormalization", "instanceNormalizationLayer", "contrast_norm", "mvn",
    )  # fmt: skip
    type: Literal["instance_norm"] = "instance_norm"
    eps: float = Field(default=1e-5, ge=LEAST_EPS)
    """Added to the variance."""
    momentum: float = Field(default=0.1, ge=0, le=1)
    """Share of the new value in the running statistics."""
    affine: bool = False
    """Learn γ (weight) and β (bias)."""
    track_running_stats: bool = False
    """Keep running statistics in training, and normalize by them in inference."""
    weight_init: InitializerField = Field(default="ones", validate_default=True)
    """Initial γ."""
    bias_init: InitializerField = Field(default="zeros", validate_default=True)
    """Initial β."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        if len(inputs[0]) != 3:
            raise ShapeError(
                f"instance_norm works on pictures [C, H, W], its input is {list(inputs[0])}",
                "use layer_norm or batch_norm for vectors", code="NS205",
            )  # fmt: skip
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
        if not self.track_running_stats:
            return []
        shape = (inputs[0][0],)
        return [State("running_mean", shape, 0.0), State("running_var", shape, 1.0)]

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        if self.frozen and self.track_running_stats:
            return []
        return single_value_notes(inputs[0], volume(inputs[0]) // inputs[0][0], "each channel")

    def _reads_statistics(self, io: Io) -> bool:
        return self.track_running_stats and not io.training

    def forward(self, io: Io) -> None:
        if self._reads_statistics(io):
            known.read_statistics(io, self.eps)
            known.normalize(io)
            return
        channels = io.y_shape[0]
        group_forward(io, channels, self.eps)
        if self.track_running_stats:
            mean, deviation = saved_group_statistics(io, channels)
            io.call(
                mean_statistics, chunks=1, mean=mean, deviation=deviation, **io.state, n=io.n,
                pixels=volume(io.y_shape) // channels, eps=self.eps, momentum=self.momentum,
            )  # fmt: skip

    def backward(self, io: Io) -> None:
        if not self._reads_statistics(io):
            group_backward(io, io.y_shape[0])
            return
        if known.wants_parameter_gradients(io):
            known.emit_parameter_gradients(io, known.backward_sums(io))
        if io.dx[0] is not None:
            known.backward_of_constants(io, io.dx[0])
