"""Local response normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from netspec.kernels.abi import In, Out, kernel, span
from netspec.kernels.constants import LEAST_EPS
from netspec.layers.base import Family, Io, Layer, Shape, ShapeError


@kernel
def local_response_forward(
    chunk: int, chunks: int, x: In, y: Out, scale: Out, channels: int, size: int, alpha: float, beta: float, k: float
) -> None:
    """scale = k + α/size · Σ x² over the window of each element;  y = x · scale^(−β).  A chunk is a range of pixels."""
    first, last = span(chunk, chunks, x.size // channels)
    before = size // 2
    for row in range(first, last):
        a, b = x[row * channels : (row + 1) * channels], y[row * channels : (row + 1) * channels]
        s = scale[row * channels : (row + 1) * channels]
        for c in range(channels):
            total = 0.0
            for j in range(max(0, c - before), min(channels, c - before + size)):
                total += np.float64(a[j]) * np.float64(a[j])
            s[c] = k + alpha / size * total
            b[c] = a[c] * np.float64(s[c]) ** np.float64(-beta)


@kernel
def local_response_backward(
    chunk: int, chunks: int, x: In, y: In, scale: In, dy: In, dx: Out, channels: int, size: int, alpha: float, beta: float
) -> None:
    """dx_c = dy_c scale_c^(−β) − 2αβ/size · x_c Σ_j dy_j y_j / scale_j over the windows j that c lies in."""
    first, last = span(chunk, chunks, x.size // channels)
    before = size // 2
    for row in range(first, last):
        start, stop = row * channels, (row + 1) * channels
        a, b, s, d, e = x[start:stop], y[start:stop], scale[start:stop], dy[start:stop], dx[start:stop]
        for c in range(channels):
            total = 0.0
            for j in range(max(0, c + before - size + 1), min(channels, c + before + 1)):
                total += np.float64(d[j]) * np.float64(b[j]) / np.float64(s[j])
            own = np.float64(d[c]) * np.float64(s[c]) ** np.float64(-beta)
            e[c] = own - 2 * np.float64(alpha) * np.float64(beta) / size * np.float64(a[c]) * total


class LocalResponseNorm(Layer):
    """Local response normalization: each value is divided by the size of its neighbours in other channels.

    y_c = x_c / (k + α/size · Σ_j x_j²)^β,  c − ⌊size/2⌋ ≤ j ≤ c + ⌈size/2⌉ − 1 within 0 … C−1, at the same pixel
    x: (N, C, H, W) → y: the same.  s_c = k + α/size Σ x²;  dx_c = dy_c s_c^(−β) − 2αβ/size · x_c Σ_j dy_j y_j / s_j,
    over the j whose window holds c.
    The mean over the window is PyTorch's and Caffe's; the paper's sum has α = 1e-4 for size 5, which is α = 5e-4 here.
    Caffe takes an odd size only, and its AlexNet α = 1e-4, k = 1.  Raises ShapeError for vectors.
    Source: Krizhevsky, Sutskever & Hinton 2012, NIPS 25, §3.3.
    """

    family: ClassVar[Family] = "normalization"
    aliases: ClassVar[tuple[str, ...]] = ("lrn", "crossChannelNormalizationLayer", "response_norm")
    type: Literal["local_response_norm"] = "local_response_norm"
    size: int = Field(ge=1)
    """Channels of a window."""
    alpha: float = Field(default=1e-4, ge=0)
    """Factor of the mean square of the window."""
    beta: float = Field(default=0.75, ge=0)
    """Exponent."""
    k: float = Field(default=1.0, ge=LEAST_EPS)
    """Added to the mean square; 2 in the paper."""

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        if len(inputs[0]) != 3:
            raise ShapeError(
                f"local_response_norm works on pictures [C, H, W], its input is {list(inputs[0])}",
                "put it before flatten and linear layers", code="NS205",
            )  # fmt: skip
        return inputs[0]

    def forward(self, io: Io) -> None:
        channels = io.y_shape[0]
        io.call(
            local_response_forward, chunks=self._chunks(io), x=io.x[0], y=io.y, scale=io.saved("scale", io.y.size),
            channels=channels, size=self.size, alpha=self.alpha, beta=self.beta, k=self.k,
        )  # fmt: skip

    def backward(self, io: Io) -> None:
        if io.dx[0] is None:
            return
        io.call(
            local_response_backward, chunks=self._chunks(io), x=io.x[0], y=io.y, scale=io.saved("scale", io.y.size),
            dy=io.dy, dx=io.dx[0], channels=io.y_shape[0], size=self.size, alpha=self.alpha, beta=self.beta,
        )  # fmt: skip

    def _chunks(self, io: Io) -> int:
        channels = io.y_shape[0]
        return io.chunks(io.y.size // channels, (20 + 2 * min(self.size, channels)) * channels, by_sample=True)
