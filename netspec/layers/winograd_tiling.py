"""Convolutions cut into Winograd's tiles, and when that is faster than the direct form."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.kernels.tile import VECTOR_BYTES
from netspec.kernels.winograd import KERNEL_TAPS
from netspec.kernels.winograd_transforms import KERNEL, OUTPUTS, WINDOW
from netspec.layers.convolution import Geometry

BLOCK = 24
"""Tiles that go through all stages together: whole register tiles of rows, and a megabyte for 64 channels in and out."""
MANY_BLOCKS = 8
"""Blocks of a batch from which on they are worth more than sharing the transformed weights."""
LARGE_WEIGHTS = 1 << 22
"""Transformed weights (elements) that are not read again for every block."""
TRANSFORM_CYCLES = 400
"""Cycles to transform one vector of channels of a tile, in or out."""
WEIGHT_CYCLES = 60
"""… to transform a vector of 3×3 weights."""
STREAM_BYTES = 5.0
"""Bytes a cycle and core that come from memory."""
LAST_LEVEL = 1 << 24
"""Bytes of transformed weights that stay in the last-level cache between their making and their use."""
SUM_CYCLES = 40
"""Multiply-adds of a sum over tiles that beginning and ending it is worth."""
WORTH = 0.9


def can_be_winograd(geometry: Geometry) -> bool:
    """Whether F(4×4, 3×3) computes this convolution."""
    axes = (geometry.height, geometry.width)
    return geometry.groups == 1 and all((a.kernel, a.stride, a.dilation) == (KERNEL, 1, 1) for a in axes)


def winograd_pays(geometry: Geometry, n: int, itemsize: int) -> bool:
    """Whether Winograd's form of y or dx is expected to be faster than the direct one by at least a tenth.

    A model in cycles of a core that does two vector multiply-adds a cycle; its constants were measured on Zen 5 and are
    compared with measurement by `python -m benchmarks.convolution`.
    """
    return can_be_winograd(geometry) and _cycles(geometry, n, itemsize, 0, 2) < WORTH * _direct_cycles(geometry, n, itemsize)


def winograd_pays_for_weights(geometry: Geometry, n: int, itemsize: int) -> bool:
    """The same of dw: its products are short where tiles are few, and their sums are written once more."""
    if not can_be_winograd(geometry):
        return False
    return _cycles(geometry, n, itemsize, SUM_CYCLES, 3) < WORTH * _direct_cycles(geometry, n, itemsize)


def _direct_cycles(geometry: Geometry, n: int, itemsize: int) -> float:
    vectors = -(-geometry.out_channels * itemsize // VECTOR_BYTES)
    return KERNEL_TAPS * geometry.channels * vectors * n * geometry.pixels / 2 / (0.92 if vectors > 1 else 0.8)


def _cycles(geometry: Geometry, n: int, itemsize: int, each_sum: int, passes: int) -> float:
    """each_sum: multiply-adds that beginning and ending one costs; passes: how often the transformed weights move."""
    tiling = forward_tiling(geometry, n)
    c, lanes = geometry.channels, VECTOR_BYTES // itemsize
    ins, outs = -(-c // lanes), -(-geometry.out_channels // lanes)
    products = WINDOW * c * outs * (tiling.tiles + each_sum) / 2 / 0.88
    transforms = TRANSFORM_CYCLES * (ins + outs) * tiling.tiles + WEIGHT_CYCLES * c * outs
    streamed = tiling.weights * itemsize
    return products + transforms + (passes * streamed / STREAM_BYTES if streamed > LAST_LEVEL else 0.0)


@dataclass(frozen=True)
class Picture:
    """Size of the pictures on one side of a convolution."""

    height: int
    width: int
    channels: int

    def whole_channels(self, itemsize: int) -> int:
        """Channels rounded up to whole vectors."""
        lanes = VECTOR_BYTES // itemsize
        return -(-self.channels // lanes) * lanes


@dataclass(frozen=True)
class Tiling:
    """A convolution cut into tiles: `source` pictures with margins (top, left) → `target` pictures."""

    n: int
    source: Picture
    target: Picture
    top: int
    left: int

    @property
    def down(self) -> int:
        return -(-self.target.height // OUTPUTS)

    @property
    def across(self) -> int:
        return -(-self.target.width // OUTPUTS)

    @property
    def tiles(self) -> int:
        return self.n * self.down * self.across

    @property
    def weights(self) -> int:
        """Elements of the transformed weights."""
        return WINDOW * self.source.channels * self.target.channels

    def is_staged(self) -> bool:
        """Few tiles or large weights: each stage for all tiles at once."""
        return self.tiles < MANY_BLOCKS * BLOCK or self.weights > LARGE_WEIGHTS

    def grid(self) -> dict[str, int]:
        return {"down": self.down, "across": self.across}

    def margins(self) -> dict[str, int]:
        return {"top": self.top, "left": self.left}


def forward_tiling(geometry: Geometry, n: int) -> Tiling:
    """The tiles of y."""
    h, w = geometry.height, geometry.width
    source, target = Picture(h.size, w.size, geometry.channels), Picture(h.output, w.output, geometry.out_channels)
    return Tiling(n, source, target, h.before, w.before)


def gradient_tiling(geometry: Geometry, n: int) -> Tiling:
    """The tiles of dx, a convolution of dy with the weights by half a turn."""
    forward = forward_tiling(geometry, n)
    return Tiling(n, forward.target, forward.source, KERNEL - 1 - forward.top, KERNEL - 1 - forward.left)
