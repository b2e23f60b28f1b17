"""Layer normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numba import njit
from pydantic import Field

from netspec.initializers.field import InitializerField
from netspec.kernels.abi import Array, Doubles, DoublesOut, In, Out, cast, in_place_kernel, kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.constants import LEAST_EPS
from netspec.kernels.contract import NOTHING
from netspec.kernels.elementary import elementary
from netspec.layers.base import Family, Io, Layer, Note, Parameter, Shape, volume
from netspec.layers.grouped_norm import single_value_notes

# "reassoc" lets LLVM sum in vector lanes; the order depends on the number of values alone. The differences are taken in
# a function without it, so that they are formed before they are added.
sums = njit(error_model="numpy", fastmath={"contract", "reassoc"}, forceinline=True)

BLOCK = 512
"""Columns whose sums over the items are taken at once: they fit in the first-level cache."""
WIDE = 4096
"""Values of an item from which on the columns, not the items, are cut into chunks."""


@elementary
def _difference(a: float, b: float) -> float:
    return a - b


@sums
def _deviations(a: Array, origin: float) -> tuple[float, float]:
    """Σ (a − origin) and Σ (a − origin)²."""
    first = second = 0.0
    for j in range(a.size):
        deviation = _difference(np.float64(a[j]), origin)
        first += deviation
        second += deviation * deviation
    return first, second


@sums
def _gradients(a: Array, d: Array, weight: Array, mean: float) -> tuple[float, float]:
    """Σ γ d and Σ γ d (a − mean)."""
    first = second = 0.0
    if weight.size:
        for j in range(a.size):
            g = np.float64(d[j]) * np.float64(weight[j])
            first += g
            second += g * _difference(np.float64(a[j]), mean)
    else:
        for j in range(a.size):
            g = np.float64(d[j])
            first += g
            second += g * _difference(np.float64(a[j]), mean)
    return first, second


@elementary
def _add(a: Array, d: Array, mean: float, inverse: float, first: Array, second: Array) -> None:
    """Add d to first and d (a − mean) / deviation to second."""
    for j in range(first.size):
        g = np.float64(d[j])
        first[j] += g
        second[j] += g * ((np.float64(a[j]) - mean) * inverse)


@in_place_kernel(("x", "y"))
def normalize_items(
    chunk: int, chunks: int, x: In, weight: In, bias: In, y: Out, mean: DoublesOut, deviation: DoublesOut, size: int,
    eps: float,
) -> None:  # fmt: skip
    """An item is `size` values one behind the other; a chunk is a range of items."""
    start, stop = span(chunk, chunks, mean.size)
    for i in range(start, stop):
        a, b = x[i * size : (i + 1) * size], y[i * size : (i + 1) * size]
        # An origin among the values keeps the variance from cancelling.
        origin = np.float64(a[0])
        first, second = _deviations(a, origin)
        shift = first / size
        variance = second / size - shift * shift
        m, d = origin + shift, np.sqrt((0.0 if variance < 0 else variance) + np.float64(eps))
        mean[i] = m
        deviation[i] = d
        centre, scale = cast(x, m), cast(x, 1 / d)
        offset = cast(x, (np.float64(centre) - m) / d)  # makes up for the rounding of centre
        if weight.size == 0:
            for j in range(b.size):
                b[j] = (a[j] - centre) * scale + offset
        elif bias.size == 0:
            for j in range(b.size):
                b[j] = ((a[j] - centre) * scale + offset) * weight[j]
        else:
            for j in range(b.size):
                b[j] = ((a[j] - centre) * scale + offset) * weight[j] + bias[j]


@in_place_kernel(("dy", "dx"), ("x", "dx"))
def normalize_items_backward(
    chunk: int, chunks: int, x: In, weight: In, dy: In, mean: Doubles, deviation: Doubles, dx: Out, totals: DoublesOut,
    size: int,
) -> None:  # fmt: skip
    """dx = (γ dy − offset − (x − centre) · slope) · scale;  totals: (chunks, 2, size), Σ dy and Σ dy x̂; each where wanted."""
    start, stop = span(chunk, chunks, mean.size)
    own = totals[2 * size * chunk : 2 * size * (chunk + 1)]
    own[:] = 0
    for i in range(start, stop):
        a, d = x[i * size : (i + 1) * size], dy[i * size : (i + 1) * size]
        m, inverse = mean[i], 1 / deviation[i]
        if own.size:
            _add(a, d, m, inverse, own[:size], own[size:])
        if dx.size == 0:
            continue
        e = dx[i * size : (i + 1) * size]
        first, second = _gradients(a, d, weight, m)
        steep = second / size * inverse * inverse
        centre, scale, slope = cast(x, m), cast(x, inverse), cast(x, steep)
        offset = cast(x, first / size + (np.float64(centre) - m) * steep)
        if weight.size:
            for j in range(e.size):
                e[j] = (d[j] * weight[j] - offset - (a[j] - centre) * slope) * scale
        else:
            for j in range(e.size):
                e[j] = (d[j] - offset - (a[j] - centre) * slope) * scale


@kernel
def sums_over_items(
    chunk: int, chunks: int, x: In, dy: In, mean: Doubles, deviation: Doubles, totals: DoublesOut, size: int
) -> None:
    """totals (2, size): Σ dy and Σ dy x̂; a chunk is a range of the values of an item."""
    start, stop = span(chunk, chunks, size)
    for low in range(start, stop, BLOCK):
        high = min(low + BLOCK, stop)
        first, second = totals[low:high], totals[size + low : size + high]
        first[:] = 0
        second[:] = 0
        for i in range(mean.size):
            a, d = x[i * size + low : i * size + high], dy[i * size + low : i * size + high]
            _add(a, d, mean[i], 1 / deviation[i], first, second)


@kernel
def item_parameter_gradients(chunk: int, chunks: int, totals: Doubles, dweight: Out, dbias: Out, parts: int) -> None:
    """dγ and dβ, where wanted, from the totals of all parts in order; a chunk is a range of the parameters."""
    size = totals.size // (2 * parts)
    first, last = span(chunk, chunks, size)
    for j in range(first, last):
        total = product = 0.0
        for part in range(parts):
            total += totals[2 * size * part + j]
            product += totals[2 * size * part + size + j]
        if dweight.size:
            dweight[j] = product
        if dbias.size:
            dbias[j] = total


NO_TOTALS = Ref("", 0, 0, "double")


class LayerNorm(Layer):
    """Normalization of each sample over all its values, or of each pixel over its channels.

    y = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε);  μ, σ²: mean and population variance of the m values normalized together
    x: (N, C, H, W) or (N, F) → y: the same.  over = "all": one μ a sample, γ (weight) and β (bias) of a sample's shape;
    over = "channels": one μ a pixel, γ and β: (C,); for vectors both are the same. Training and inference do not differ.
    dγ = Σ dy x̂;  dβ = Σ dy;  dx = 1/√(σ²+ε) · (γ dy − Σ γ dy / m − x̂ Σ γ dy x̂ / m).
    Sums are float64 in any dtype. PyTorch's nn.LayerNorm is "all" with normalized_shape = [C, H, W]; ConvNeXt's, and
    that of Transformers over sequences [D, T, 1], is "channels".  Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    """

    family: ClassVar[Family] = "normalization"
    aliases: ClassVar[tuple[str, ...]] = ("ln", "layernormalization", "layerNormalizationLayer", "layer_norm2d")
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {"keras": {"eps": 1e-3, "over": "channels"}}
    type: Literal["layer_norm"] = "layer_norm"
    over: Literal["all", "channels"] = "all"
    """Values normalized together: all of a sample, or the channels of one pixel."""
    eps: float = Field(default=1e-5, ge=LEAST_EPS)
    """Added to the variance."""
    affine: bool = True
    """Learn γ (weight) and, with `bias`, β; PyTorch calls it elementwise_affine."""
    bias: bool = True
    """Learn β (bias), where `affine`."""
    weight_init: InitializerField = Field(default="ones", validate_default=True)
    """Initial γ."""
    bias_init: InitializerField = Field(default="zeros", validate_default=True)
    """Initial β."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def parameters(self, inputs: Sequence[Shape]) -> list[Parameter]:
        shape = inputs[0] if self.over == "all" else inputs[0][:1]
        axes = (1, 2, 0) if len(shape) == 3 else None
        names = ("weight", "bias")[: self.affine + (self.affine and self.bias)]
        inits = {"weight": self.weight_init, "bias": self.bias_init}
        return [Parameter(name, shape, inits[name], axes=axes, decays=False) for name in names]

    def notes(self, inputs: Sequence[Shape]) -> list[Note]:
        what = "each sample" if self.over == "all" else "each pixel"
        return single_value_notes(inputs[0], self._size(inputs[0]), what)

    def _size(self, shape: Shape) -> int:
        return volume(shape) if self.over == "all" else shape[0]

    def _statistics(self, io: Io) -> tuple[Ref, Ref]:
        items = io.y.size // self._size(io.y_shape)
        return io.saved("mean", items, "double"), io.saved("deviation", items, "double")

    def forward(self, io: Io) -> None:
        size, (mean, deviation) = self._size(io.y_shape), self._statistics(io)
        io.call(
            normalize_items, chunks=self._chunks(io), x=io.x[0], y=io.y, mean=mean,
            weight=io.parameters.get("weight", NOTHING), bias=io.parameters.get("bias", NOTHING), deviation=deviation,
            size=size, eps=self.eps,
        )  # fmt: skip

    def backward(self, io: Io) -> None:
        dweight, dbias = io.gradients.get("weight"), io.gradients.get("bias")
        learns = dweight is not None or dbias is not None
        if not learns or self._size(io.y_shape) >= WIDE:
            self._input_gradient(io, NO_TOTALS)
        if not learns:
            return
        totals, parts = self._totals(io)
        io.call(
            item_parameter_gradients, chunks=io.chunks(self._size(io.y_shape), 2 * parts), totals=totals, parts=parts,
            dweight=dweight or NOTHING, dbias=dbias or NOTHING,
        )  # fmt: skip

    def _chunks(self, io: Io) -> int:
        size = self._size(io.y_shape)
        return io.chunks(io.y.size // size, 4 * size, by_sample=True)

    def _input_gradient(self, io: Io, totals: Ref) -> None:
        """dx, and the totals of the parameters' gradients, where wanted."""
        mean, deviation = self._statistics(io)
        if totals.size or io.dx[0] is not None:
            io.call(
                normalize_items_backward, chunks=self._chunks(io), x=io.x[0], dy=io.dy, dx=io.dx[0] or NOTHING,
                weight=io.parameters.get("weight", NOTHING), mean=mean, deviation=deviation, totals=totals,
                size=self._size(io.y_shape),
            )  # fmt: skip

    def _totals(self, io: Io) -> tuple[Ref, int]:
        """Σ dy and Σ dy x̂ of each parameter, in how many parts; short items leave them beside dx."""
        size, (mean, deviation) = self._size(io.y_shape), self._statistics(io)
        if size < WIDE:
            parts = self._chunks(io)
            totals = io.workspace("totals", 2 * parts * size, "double")
            self._input_gradient(io, totals)
            return totals, parts
        totals = io.workspace("totals", 2 * size, "double")
        io.call(
            sums_over_items, chunks=io.chunks(size // BLOCK, 3 * mean.size * BLOCK), x=io.x[0], dy=io.dy, mean=mean,
            deviation=deviation, totals=totals, size=size,
        )  # fmt: skip
        return totals, 1
