"""PyTorch's modules for layers that enlarge, cut and reorder pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn

from netspec.layers.base import Layer, Shape
from netspec.layers.channel_shuffle import ChannelShuffle
from netspec.layers.conv_transpose2d import ConvTranspose2d
from netspec.layers.crop import Crop
from netspec.layers.permute import Permute
from netspec.layers.slice import Slice
from netspec.layers.upsample import Upsample
from netspec.window_fields import margin_sides
from netspec.windows import pair


class Cut(nn.Module):
    """A range of channels, rows and columns: a view."""

    def __init__(self, *ranges: slice) -> None:
        super().__init__()
        self.ranges = (slice(None), *ranges)

    def forward(self, x: Tensor) -> Tensor:
        return x[self.ranges]


class Axes(nn.Module):
    """(N, C, H, W) with the last three axes in another order."""

    def __init__(self, axes: Sequence[int]) -> None:
        super().__init__()
        self.axes = (0, *(1 + axis for axis in axes))

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes)


def _conv_transpose2d(layer: Layer, inputs: Sequence[Shape]) -> nn.Module | None:
    assert isinstance(layer, ConvTranspose2d)
    (top, bottom), (left, right) = margin_sides(layer.padding)
    if (top, left) != (bottom, right):
        return None
    return nn.ConvTranspose2d(
        inputs[0][0], layer.out_channels, pair(layer.kernel_size), pair(layer.stride), (top, left),
        pair(layer.output_padding), layer.groups, layer.bias, pair(layer.dilation),
    )  # fmt: skip


def _upsample(layer: Layer, inputs: Sequence[Shape]) -> nn.Module:
    assert isinstance(layer, Upsample)
    align = layer.align_corners if layer.mode == "bilinear" else None
    size = None if layer.size is None else pair(layer.size)
    return nn.Upsample(size, layer.scale, layer.mode, align)


def _crop(layer: Layer, inputs: Sequence[Shape]) -> nn.Module:
    assert isinstance(layer, Crop)
    _, high, wide = layer.infer_shape(inputs)
    top, left, _ = layer.corner(inputs)
    return Cut(slice(None), slice(top, top + high), slice(left, left + wide))


def _slice(layer: Layer, inputs: Sequence[Shape]) -> nn.Module:
    assert isinstance(layer, Slice)
    return Cut(slice(layer.start, layer.stop))


def _channel_shuffle(layer: Layer, inputs: Sequence[Shape]) -> nn.Module:
    assert isinstance(layer, ChannelShuffle)
    return nn.ChannelShuffle(layer.groups)


def _permute(layer: Layer, inputs: Sequence[Shape]) -> nn.Module:
    assert isinstance(layer, Permute)
    return Axes(layer.axes)


SHAPE_MAKERS: Mapping[str, Callable[[Layer, Sequence[Shape]], nn.Module | None]] = {
    "conv_transpose2d": _conv_transpose2d,
    "upsample": _upsample,
    "crop": _crop,
    "slice": _slice,
    "channel_shuffle": _channel_shuffle,
    "permute": _permute,
}
"""None where PyTorch has no module that computes the same."""
