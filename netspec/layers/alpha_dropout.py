"""Dropout that keeps mean and variance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Ints, Out, cast, in_place_kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.elementary import part
from netspec.kernels.random import BITS, random_bits, stream_seeds
from netspec.layers.base import Family, Io, Layer, Shape
from netspec.layers.identity import identity_forward

SATURATED = -1.7580993408473766
"""What SELU gives for x → −∞: −λ α of Klambauer et al., with their 16 digits."""


@in_place_kernel(("x", "y"))
def alpha_dropout_mask(
    chunk: int, chunks: int, x: In, y: Out, counters: Ints, key: int, threshold: int, scale: float, kept: float,
    dropped: float,
) -> None:  # fmt: skip
    """y = x · scale + kept where the element's draw is at least the threshold, else x · 0 + dropped (which keeps NaN)."""
    seeds = stream_seeds(key, counters[0])
    first, _ = span(chunk, chunks, x.size)
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        is_dropped = random_bits(seeds, first + i) < threshold
        y[i] = x[i] * (cast(x, 0) if is_dropped else scale) + (dropped if is_dropped else kept)


class AlphaDropout(Layer):
    """Dropout that keeps mean 0 and variance 1, for networks of SELUs.

    y = a x + b, or a α' + b where u < p;  α' = −λα ≈ −1.7581,  a = 1/√((1 − p)(1 + p α'²)),  b = −a p α'
    dx = a dy, or 0 where u < p.  Inference and frozen layers: y = x.
    x: any shape → y: the same.  The draw u is that of dropout: a pure function of (seed, layer name, step, element).
    Source: Klambauer, Unterthiner, Mayr & Hochreiter 2017, arXiv:1706.02515, §3.
    """

    family: ClassVar[Family] = "activation"
    aliases: ClassVar[tuple[str, ...]] = ("alphadropout", "selu_dropout")
    type: Literal["alpha_dropout"] = "alpha_dropout"
    p: float = Field(default=0.5, ge=0, lt=1)
    """Probability of an element to be set to SELU's least value."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def forward(self, io: Io) -> None:
        a = 1 / math.sqrt((1 - self.p) * (1 + self.p * SATURATED**2))
        b = -a * self.p * SATURATED
        self._mask(io, io.x[0], io.y, a, b, a * SATURATED + b)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            a = 1 / math.sqrt((1 - self.p) * (1 + self.p * SATURATED**2))
            self._mask(io, io.dy, io.dx[0], a, 0.0, 0.0)

    def _mask(self, io: Io, source: Ref, target: Ref, scale: float, kept: float, dropped: float) -> None:
        if not io.training or self.p == 0:
            io.call(identity_forward, chunks=io.chunks(target.size, 1, by_sample=True), x=source, y=target)
            return
        io.call(
            alpha_dropout_mask, chunks=io.chunks(target.size, 4, by_sample=True), x=source, y=target,
            counters=io.counters, key=io.random_key, threshold=round(self.p * 2**BITS), scale=scale, kept=kept,
            dropped=dropped,
        )  # fmt: skip
