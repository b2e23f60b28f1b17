"""Logarithm of the softmax over the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from netspec.kernels.abi import In, Out, cast, kernel, span
from netspec.kernels.elementary import exp
from netspec.layers.base import Family, Io, Layer, Shape


# "reassoc" lets LLVM sum in vector lanes; the order depends on the number of channels alone.
@kernel(fastmath={"contract", "reassoc"})  # type: ignore[untyped-decorator]
def log_softmax_forward(chunk: int, chunks: int, x: In, y: Out, channels: int) -> None:
    """A chunk is a range of rows of (rows, channels)."""
    first, last = span(chunk, chunks, x.size // channels)
    for row in range(first, last):
        a = x[row * channels : (row + 1) * channels]
        b = y[row * channels : (row + 1) * channels]
        greatest = a[0]
        for c in range(1, a.size):
            greatest = a[c] if a[c] > greatest else greatest
        for c in range(b.size):
            b[c] = exp(a[c] - greatest)
        # A loop of its own: beside a store, LLVM sums in lanes only where x and y lie far enough apart in memory.
        total = 0.0
        for c in range(b.size):
            total += np.float64(b[c])
        log_total = cast(x, np.log(total))
        for c in range(b.size):
            b[c] = (a[c] - greatest) - log_total


@kernel(fastmath={"contract", "reassoc"})  # type: ignore[untyped-decorator]
def log_softmax_backward(chunk: int, chunks: int, y: In, dy: In, dx: Out, channels: int) -> None:
    first, last = span(chunk, chunks, y.size // channels)
    for row in range(first, last):
        b = y[row * channels : (row + 1) * channels]
        d = dy[row * channels : (row + 1) * channels]
        e = dx[row * channels : (row + 1) * channels]
        total = cast(y, 0)
        for c in range(d.size):
            total += d[c]
        for c in range(e.size):
            e[c] = d[c] - exp(b[c]) * total


class LogSoftmax(Layer):
    """Logarithm of the softmax over the channels of each pixel, or the features of a vector.

    y_c = x_c − m − ln Σ_k exp(x_k − m),  m = max_k x_k;  dx_c = dy_c − exp(y_c) Σ_k dy_k.
    x: (N, C, H, W) or (N, F) → y: the same.
    The loss cross_entropy needs no such layer before it: of log-probabilities it computes the same as of logits.
    """

    family: ClassVar[Family] = "activation"
    aliases: ClassVar[tuple[str, ...]] = ("logsoftmax",)
    type: Literal["log_softmax"] = "log_softmax"

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def forward(self, io: Io) -> None:
        channels = io.y_shape[0]
        chunks = io.chunks(io.y.size // channels, 12 * channels, by_sample=True)
        io.call(log_softmax_forward, chunks=chunks, x=io.x[0], y=io.y, channels=channels)

    def backward(self, io: Io) -> None:
        if io.dx[0] is None:
            return
        channels = io.y_shape[0]
        chunks = io.chunks(io.y.size // channels, 10 * channels, by_sample=True)
        io.call(log_softmax_backward, chunks=chunks, y=io.y, dy=io.dy, dx=io.dx[0], channels=channels)
