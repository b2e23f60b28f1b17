"""Dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Ints, Out, cast, in_place_kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.elementary import part
from netspec.kernels.random import BITS, random_bits, stream_seeds
from netspec.layers.base import Family, Io, Layer, Shape
from netspec.layers.identity import identity_forward


@in_place_kernel(("x", "y"))
def dropout_mask(
    chunk: int, chunks: int, x: In, y: Out, counters: Ints, key: int, threshold: int, scale: float
) -> None:  # fmt: skip
    """y = x · scale where the element's draw is at least the threshold, else x · 0 (which keeps NaN)."""
    seeds = stream_seeds(key, counters[0])
    first, _ = span(chunk, chunks, x.size)
    x, y = part(x, chunk, chunks), part(y, chunk, chunks)
    for i in range(y.size):
        factor = cast(x, 0) if random_bits(seeds, first + i) < threshold else scale
        y[i] = x[i] * factor


class Dropout(Layer):
    """Dropout: while training, zero each element with probability p and scale the rest by 1 / (1 − p).

    y = x · m,  m = 0 where u < p, else 1 / (1 − p);  dx = dy · m.  Inference and frozen layers: y = x.
    x: any shape → y: the same.
    The draw u = ⌊h / 2¹¹⌋ / 2⁵³ is a pure function of (seed, layer name, step, element): h is the 64-bit hash of
    `netspec/kernels/random.py` for the key of (seed, name), the number of the optimizer update and the element's place
    in the batch as stored (N, H, W, C). Backward draws the mask again; any number of threads draws the same.
    Source: Srivastava et al. 2014, JMLR 15.
    """

    family: ClassVar[Family] = "activation"
    type: Literal["dropout"] = "dropout"
    p: float = Field(default=0.5, ge=0, lt=1)
    """Probability of an element to be zeroed."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def forward(self, io: Io) -> None:
        self._mask(io, io.x[0], io.y)

    def backward(self, io: Io) -> None:
        if io.dx[0] is not None:
            self._mask(io, io.dy, io.dx[0])

    def _mask(self, io: Io, source: Ref, target: Ref) -> None:
        if not io.training or self.p == 0:
            io.call(identity_forward, chunks=io.chunks(target.size, 1, by_sample=True), x=source, y=target)
            return
        io.call(
            dropout_mask, chunks=io.chunks(target.size, 4, by_sample=True), x=source, y=target, counters=io.counters,
            key=io.random_key, threshold=round(self.p * 2**BITS), scale=1 / (1 - self.p),
        )  # fmt: skip
