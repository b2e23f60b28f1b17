"""Dropout of whole channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from netspec.kernels.abi import In, Ints, Out, cast, in_place_kernel, span
from netspec.kernels.calls import Ref
from netspec.kernels.random import BITS, random_bits, stream_seeds
from netspec.layers.base import Family, Io, Layer, Shape, ShapeError
from netspec.layers.identity import identity_forward


@in_place_kernel(("x", "y"))
def spatial_dropout_mask(
    chunk: int, chunks: int, x: In, y: Out, counters: Ints, key: int, threshold: int, scale: float,
    factors: Out, n: int, channels: int,
) -> None:  # fmt: skip
    """y = x · factors (n, channels): scale where the channel's draw is at least the threshold, else 0."""
    seeds = stream_seeds(key, counters[0])
    size = x.size // n
    first, last = span(chunk, chunks, n)
    for i in range(first, last):
        own = factors[i * channels : (i + 1) * channels]
        for c in range(own.size):
            own[c] = cast(x, 0) if random_bits(seeds, i * channels + c) < threshold else scale
        for start in range(i * size, (i + 1) * size, channels):
            a, b = x[start : start + channels], y[start : start + channels]
            for c in range(b.size):
                b[c] = a[c] * own[c]


class SpatialDropout(Layer):
    """Dropout of whole channels: while training, zero each channel of a sample with probability p, scale the rest.

    y[n,c,h,w] = x[n,c,h,w] · m[n,c],  m = 0 where u < p, else 1 / (1 − p);  dx = dy · m.  Inference and frozen layers: y = x.
    x: (N, C, H, W) → y: the same.  Raises ShapeError for vectors.
    The draw u is dropout's, of the key of (seed, layer name), the number of the optimizer update and the channel's place
    n·C + c. Backward draws the mask again; any number of threads draws the same. PyTorch calls it Dropout2d.
    Source: Tompson et al. 2015, arXiv:1411.4280, §3.2.
    """

    family: ClassVar[Family] = "activation"
    aliases: ClassVar[tuple[str, ...]] = ("dropout2d", "spatial_dropout2d", "feature_dropout", "spatialDropoutLayer")
    type: Literal["spatial_dropout"] = "spatial_dropout"
    p: float = Field(default=0.5, ge=0, lt=1)
    """Probability of a channel to be zeroed."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        if len(inputs[0]) != 3:
            raise ShapeError(
                f"spatial_dropout works on pictures [C, H, W], its input is {list(inputs[0])}", "use dropout for vectors",
                code="NS205",
            )  # fmt: skip
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
        channels = io.y_shape[0]
        io.call(
            spatial_dropout_mask, chunks=io.chunks(io.n, 2 * target.size // io.n, by_sample=True), x=source, y=target,
            counters=io.counters, key=io.random_key, threshold=round(self.p * 2**BITS), scale=1 / (1 - self.p),
            factors=io.workspace("factors", io.n * channels), n=io.n, channels=channels,
        )  # fmt: skip
