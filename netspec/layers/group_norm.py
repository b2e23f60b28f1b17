"""Group normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.constants import LEAST_EPS
from netspec.layers.base import Family, Io, Layer, Note, Parameter, Shape, ShapeError, volume
from netspec.layers.grouped_norm import group_backward, group_forward, single_value_notes


class GroupNorm(Layer):
    """Normalization of each sample over groups of neighbouring channels and their pixels.

    y = γ_c x̂ + β_c,  x̂ = (x − μ_g) / √(σ²_g + ε),  group g of channel c: ⌊c G / C⌋ for G groups
    x: (N, C, H, W) or (N, F) → y: the same;  γ (weight), β (bias): (C,).
    μ, σ² are the mean and population variance of the m = C/G·H·W values of a group, in training and inference alike.
    dγ = Σ dy x̂;  dβ = Σ dy;  dx = 1/√(σ²+ε) · (γ dy − Σ_g γ dy / m − x̂ Σ_g γ dy x̂ / m).
    Sums are float64 in any dtype. Raises ShapeError when num_groups does not divide the channels. One group is
    layer_norm with one factor a channel, as many as channels instance_norm.  Source: Wu & He 2018, arXiv:1803.08494.
    """

    family: ClassVar[Family] = "normalization"
    aliases: ClassVar[tuple[str, ...]] = ("gn", "groupnormalization", "groupNormalizationLayer")
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {"keras": {"num_groups": 32, "eps": 1e-3}}
    type: Literal["group_norm"] = "group_norm"
    num_groups: int = Field(ge=1)
    """Groups G that the channels are cut into; it divides them."""
    eps: float = Field(default=1e-5, ge=LEAST_EPS)
    """Added to the variance."""
    affine: bool = True
    """Learn γ (weight) and β (bias)."""
    weight_init: InitializerField = Field(default="ones", validate_default=True)
    """Initial γ."""
    bias_init: InitializerField = Field(default="zeros", validate_default=True)
    """Initial β."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels = inputs[0][0]
        if channels % self.num_groups:
            fitting = [count for count in range(1, channels + 1) if channels % count == 0]
            near = min(fitting, key=lambda count: abs(count - self.num_groups))
            raise ShapeError(
                f"num_groups {self.num_groups} does not divide {channels} channels",
                f"use num_groups = {near}", field="num_groups",
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

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        return single_value_notes(inputs[0], volume(inputs[0]) // self.num_groups, "each group")

    def forward(self, io: Io) -> None:
        group_forward(io, self.num_groups, self.eps)

    def backward(self, io: Io) -> None:
        group_backward(io, self.num_groups)
