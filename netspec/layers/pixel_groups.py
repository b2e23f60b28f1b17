"""Offset tables of convolutions with few output channels: neighbouring pixels share a vector (`kernels/pixel_groups.py`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netspec.kernels.contract import Block, Contraction
from netspec.kernels.panels import PANEL
from netspec.kernels.tile import VECTOR_BYTES
from netspec.layers.contraction_calls import segment_bounds
from netspec.layers.convolution import Geometry, grid, samples_together

WORTH = 0.85
"""Share of the operations from which on it pays to prepare wider weights."""


def group_of_pixels(geometry: Geometry, itemsize: int) -> int:
    """How many neighbouring output pixels share a row of vectors, when one has too few channels to fill one; else 1.

    Counted in vector multiply-adds a pixel: the windows of a group reach further than one window.
    """
    w, outputs, lanes = geometry.width, geometry.out_channels, VECTOR_BYTES // itemsize
    if geometry.groups > 1 or w.dilation > 1 or 2 * outputs > lanes:
        return 1

    def cost(pixels: int) -> float:
        return -(-pixels * outputs // lanes) * (w.kernel + (pixels - 1) * w.stride) / pixels

    best = min((pixels for pixels in range(1, PANEL // outputs + 1) if w.output % pixels == 0), key=cost)
    return best if cost(best) < WORTH * cost(1) else 1


@dataclass(frozen=True)
class PixelGroups:
    """A convolution whose rows are groups of `pixels` neighbouring pixels of a line."""

    geometry: Geometry
    pixels: int

    @property
    def columns(self) -> int:
        """Output channels of all pixels of a group."""
        return self.pixels * self.geometry.out_channels

    @property
    def length(self) -> int:
        """Elements of a line that the windows of a group reach together."""
        width = self.geometry.width
        return (width.kernel + (self.pixels - 1) * width.stride) * self.geometry.channels

    @property
    def weights(self) -> int:
        """Elements of the wide weights."""
        return self.geometry.height.kernel * self.length * self.columns

    def sizes(self) -> dict[str, int]:
        """Arguments of `spread_weights` and `gather_weights`."""
        g = self.geometry
        return {
            "lines": g.height.kernel, "reach": g.width.kernel * g.channels, "step": g.width.stride * g.channels,
            "outputs": g.out_channels, "pixels": self.pixels,
        }  # fmt: skip

    def forward(self, n: int, shards: int = 0) -> Contraction:
        """y from the padded x and the wide weights."""
        g, h, w = self.geometry, self.geometry.height, self.geometry.width
        high, wide = g.padded_size()
        line = wide * g.channels
        together = samples_together(g.pixels // self.pixels, n // (shards or 1))
        groups = grid(np.arange(h.output) * h.stride * line, np.arange(0, w.output, self.pixels) * w.stride * g.channels)
        a_rows = grid(np.arange(together) * high * line, groups)
        blocks = [Block(i * high * line, 0, i * g.pixels * g.out_channels, len(a_rows)) for i in range(0, n, together)]
        return Contraction(
            a_rows, np.arange(len(a_rows)) * self.columns, np.arange(h.kernel) * h.dilation * line,
            np.arange(h.kernel) * self.length, self.length, 1, 1, self.columns, blocks, b_panel=h.kernel * self.length,
        )  # fmt: skip

    def weight_gradient(self, n: int, parts: int) -> Contraction:
        """The gradient of the wide weights from the padded x and dy, as so many partial sums."""
        g, h, w = self.geometry, self.geometry.height, self.geometry.width
        high, wide = g.padded_size()
        line = wide * g.channels
        a_rows = grid(np.arange(h.kernel) * h.dilation * line, np.arange(self.length))
        a_taps = grid(np.arange(n) * high * line, np.arange(h.output) * h.stride * line)
        b_taps = np.arange(n * h.output) * w.output * g.out_channels
        bounds = segment_bounds(len(a_taps), parts)
        blocks = [Block(0, 0, s * self.weights, len(a_rows), taps=taps) for s, taps in enumerate(bounds)]
        return Contraction(
            a_rows, np.arange(len(a_rows)), a_taps, b_taps, w.output // self.pixels, self.pixels * w.stride * g.channels,
            self.columns, self.columns, blocks, c_panel=len(a_rows), job_rows=len(a_rows),
        )  # fmt: skip
