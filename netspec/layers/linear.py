"""Fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.calls import Ref
from netspec.kernels.contract import Block, Contraction
from netspec.kernels.copies import transpose_matrices
from netspec.kernels.panels import PANEL
from netspec.layers.base import Family, Io, Layer, Parameter, Shape, volume
from netspec.layers.contraction_calls import call_bias_gradient, call_contraction, call_transposed, segment_bounds


class Linear(Layer):
    """Affine map of all input elements, pictures flattened in C, H, W order.

    y[n,o] = b[o] + Σ_i x[n,i] · w[o,i]
    x: (N, F) or (N, C, H, W) with F = C·H·W → y: (N, O);  w: (O, F), b: (O).
    dx = dy · w;  dw = dyᵀ · x;  db = Σ_n dy.
    Source: Rumelhart, Hinton & Williams 1986, Nature 323.
    """

    family: ClassVar[Family] = "linear"
    aliases: ClassVar[tuple[str, ...]] = ("dense", "Dense", "InnerProduct", "fc", "fully_connected", "fullyConnectedLayer")
    type: Literal["linear"] = "linear"
    out_features: int = Field(ge=1, le=10_000_000)
    """Number of outputs."""
    bias: bool = True
    """Add a learned number to each output."""
    weight_init: InitializerField = Field(default="fan_in_uniform", validate_default=True)
    """Initial weights; fan_in_uniform is PyTorch's default, U(−1/√fan_in, 1/√fan_in)."""
    bias_init: InitializerField = Field(default="fan_in_uniform", validate_default=True)
    """Initial bias."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (self.out_features,)

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        shape, features = inputs[0], volume(inputs[0])
        fans = (features, self.out_features)
        # Stored (inputs, outputs); a picture's inputs lie in H, W, C order.
        view, axes = ((self.out_features, *shape), (2, 3, 1, 0)) if len(shape) == 3 else ((self.out_features, features), (1, 0))
        matrix = (features, self.out_features)
        weight = Parameter("weight", matrix[::-1], self.weight_init, view, axes, fans=fans, matrix=matrix)
        bias = Parameter("bias", (self.out_features,), self.bias_init, decays=False, fans=fans)
        return [weight, bias] if self.bias else [weight]

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int:
        return volume(inputs[0]) * self.out_features

    def forward(self, io: Io) -> None:
        features = volume(io.x_shapes[0])
        form = matrix_product(io.n, features, self.out_features, io.shards)
        call_contraction(io, form, io.x[0], io.parameters["weight"], io.y, io.parameters.get("bias"), by_sample=True)

    def backward(self, io: Io) -> None:
        features, outputs = volume(io.x_shapes[0]), self.out_features
        dw, db, dx = io.gradients["weight"], io.gradients.get("bias"), io.dx[0]
        if db is not None:
            call_bias_gradient(io, io.dy, db, io.n, outputs)
        if dw is not None:
            call_contraction(io, transposed_product(features, io.n, outputs), io.x[0], io.dy, dw)
        if dx is not None and features * outputs > LARGE:
            self._large_input_gradient(io, dx)
        elif dx is not None:
            w = call_transposed(io, io.parameters["weight"], 1, 1, features, outputs)
            call_contraction(io, matrix_product(io.n, outputs, features, io.shards), io.dy, w, dx, by_sample=True)

    def _large_input_gradient(self, io: Io, dx: Ref) -> None:
        """dxᵀ = w · dyᵀ: reads the weights once, where they are, instead of transposing them."""
        n, features, outputs = io.n, volume(io.x_shapes[0]), self.out_features
        dyt, dxt = io.workspace("dyt", n * outputs), io.workspace("dxt", n * features)
        io.call(transpose_matrices, chunks=io.chunks(outputs, n), x=io.dy, y=dyt, count=1, rows=n, columns=outputs)
        for form in panel_products(features, outputs, n):
            call_contraction(io, form, io.parameters["weight"], dyt, dxt)
        io.call(transpose_matrices, chunks=io.chunks(n, features), x=dxt, y=dx, count=1, rows=features, columns=n)


LARGE = 1 << 18
"""Weights that are not transposed for the input gradient: reading them costs more than multiplying."""
_ZERO = np.zeros(1, dtype=np.int64)


def matrix_product(rows: int, depth: int, columns: int, shards: int = 0) -> Contraction:
    """C (rows, columns) = A (rows, depth) · B (depth, columns) in panels; rows in as many blocks as there are shards."""
    bounds = segment_bounds(rows, shards or 1)
    blocks = [Block(first * depth, 0, first * columns, last - first) for first, last in bounds]
    a_rows, c_rows = np.arange(rows) * depth, np.arange(rows) * columns
    return Contraction(a_rows, c_rows, _ZERO, _ZERO, depth, 1, 1, columns, blocks, b_panel=depth)


def transposed_product(rows: int, depth: int, columns: int) -> Contraction:
    """C (rows, columns) in panels = Aᵀ · B with A (depth, rows), B (depth, columns)."""
    blocks = [Block(0, 0, 0, rows)]
    a_rows, c_rows = np.arange(rows), np.arange(rows)
    return Contraction(a_rows, c_rows, _ZERO, _ZERO, depth, rows, columns, columns, blocks, c_panel=rows)


def panel_products(rows: int, depth: int, columns: int) -> list[Contraction]:
    """C (rows, columns) = A · B with A (rows, depth) in panels, B (depth, columns): the whole panels, then the last one."""
    whole, rest = divmod(depth, PANEL)
    forms: list[Contraction] = []
    for first, panels, width in ((0, whole, PANEL), (whole, 1, rest)):
        if panels * width:
            taps = np.arange(first, first + panels) * PANEL
            a_rows, c_rows = np.arange(rows) * width, np.arange(rows) * columns
            form = Contraction(a_rows, c_rows, taps * rows, taps * columns, width, 1, columns, columns, adds=bool(forms))
            forms.append(replace(form, blocks=[Block(0, 0, 0, rows)]))
    return forms
