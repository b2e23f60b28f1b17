"""Stochastic depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Ints, Out, cast, in_place_kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.random import BITS, random_bits, stream_seeds
from netspec.layers.base import Family, Io, Layer, Shape
from netspec.layers.identity import identity_forward


@in_place_kernel(("x", "y"))
def stochastic_depth_mask(
    chunk: int, chunks: int, x: In, y: Out, counters: Ints, n: int, key: int, threshold: int, scale: float
) -> None:  # fmt: skip
    """y = x · scale for the samples whose draw is at least the threshold, else x · 0 (which keeps NaN)."""
    seeds = stream_seeds(key, counters[0])
    first, last = span(chunk, chunks, n)
    size = x.size // n
    for sample in range(first, last):
        factor = cast(x, 0) if random_bits(seeds, sample) < threshold else cast(x, scale)
        source, target = x[sample * size : (sample + 1) * size], y[sample * size : (sample + 1) * size]
        for i in range(target.size):
            target[i] = source[i] * factor


class StochasticDepth(Layer):
    """Stochastic depth (drop path): while training, zero a whole sample with probability p, scale the others by 1 / (1 − p).

    y[n] = x[n] · m[n],  m = 0 where u < p, else 1 / (1 − p);  dx[n] = dy[n] · m[n].  Inference and frozen layers: y = x.
    x: any shape → y: the same. Before the sum of a residual block it takes the block's branch away, so that the sample
    goes through a shallower network. The draw u is that of dropout for the key of (seed, layer name), the number of the
    optimizer update and the sample's place in the batch; backward draws it again.
    Source: Huang, Sun, Liu, Sedra & Weinberger 2016, ECCV, arXiv:1603.09382; scaled while training, as in EfficientNet.
    """

    family: ClassVar[Family] = "activation"
    aliases: ClassVar[tuple[str, ...]] = ("drop_path", "DropPath", "drop_connect")
    type: Literal["stochastic_depth"] = "stochastic_depth"
    p: float = Field(ge=0, lt=1)
    """Probability of a sample to be zeroed."""

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
            stochastic_depth_mask, chunks=io.chunks(io.n, target.size // io.n, by_sample=True), x=source, y=target,
            counters=io.counters, n=io.n, key=io.random_key, threshold=round(self.p * 2**BITS), scale=1 / (1 - self.p),
        )  # fmt: skip
