"""Shapes by doing it: windows are slid one by one, arrays are cut, stacked and turned by NumPy. No formula of netspec's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from netspec.layers.base import Layer, Shape
from netspec.window_fields import Sides

Oracle = Callable[[Any, Sequence[Shape]], tuple[int, ...]]


def shape_by_doing(layer: Layer, inputs: Sequence[Shape]) -> Shape | None:
    """The output's shape without the batch; None for layers that are not known here."""
    kind = type(layer).type_name()
    if layer.family == "activation" and kind != "maxout":
        return inputs[0]
    oracle = ORACLES.get(kind)
    return tuple(int(size) for size in oracle(layer, inputs)) if oracle else None


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _sides(padding: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    if isinstance(padding, Sides):
        return (padding.top, padding.bottom), (padding.left, padding.right)
    height, width = _pair(padding)
    return (height, height), (width, width)


def windows(size: int, kernel: int, stride: int, dilation: int, before: int, after: int, rounding: str) -> int:
    """Slide a window over the padded pixels and count where it fits; "ceil" lets a last one hang over if it starts inside."""
    count, start = 0, -before
    while start + dilation * (kernel - 1) < size + after:
        count, start = count + 1, start + stride
    ends_exactly = start - stride + dilation * (kernel - 1) == size + after - 1
    return count + (rounding == "ceil" and not ends_exactly and start < size)


def _slide(layer: Any, shape: Shape, stride: Any) -> tuple[int, int]:
    kernels, strides, dilations = _pair(layer.kernel_size), _pair(stride), _pair(layer.dilation)
    if layer.padding in ("same", "same_lower"):
        return len(range(0, shape[1], strides[0])), len(range(0, shape[2], strides[1]))
    sides = ((0, 0), (0, 0)) if layer.padding == "valid" else _sides(layer.padding)
    height, width = (
        windows(shape[1 + i], kernels[i], strides[i], dilations[i], *sides[i], layer.rounding) for i in (0, 1)
    )
    return height, width


def _convolve(layer: Any, inputs: Sequence[Shape]) -> tuple[int, ...]:
    return layer.out_channels, *_slide(layer, inputs[0], layer.stride)


def _pool(layer: Any, inputs: Sequence[Shape]) -> tuple[int, ...]:
    return inputs[0][0], *_slide(layer, inputs[0], layer.stride or layer.kernel_size)


def _spread(layer: Any, inputs: Sequence[Shape]) -> tuple[int, ...]:
    """Every input pixel writes its window; the output reaches from the first pixel written to the last."""
    sizes = []
    for i, size in enumerate(inputs[0][1:]):
        kernel, stride, dilation = _pair(layer.kernel_size)[i], _pair(layer.stride)[i], _pair(layer.dilation)[i]
        written = max(pixel * stride + tap * dilation for pixel in range(size) for tap in range(kernel)) + 1
        sizes.append(written + _pair(layer.output_padding)[i] - sum(_sides(layer.padding)[i]))
    return layer.out_channels, *sizes


def _enlarge(layer: Any, inputs: Sequence[Shape]) -> tuple[int, ...]:
    if layer.size is not None:
        return inputs[0][0], *_pair(layer.size)
    scales = layer.scale if isinstance(layer.scale, tuple) else (layer.scale, layer.scale)
    sizes = [int(Fraction(str(scale)) * size) for scale, size in zip(scales, inputs[0][1:], strict=True)]
    return inputs[0][0], *sizes


def _crop(layer: Any, inputs: Sequence[Shape]) -> tuple[int, ...]:
    if len(inputs) == 2:
        return inputs[0][0], *inputs[1][1:]
    if layer.size is not None:
        return inputs[0][0], *_pair(layer.size)
    (top, bottom), (left, right) = _sides(layer.sides)
    picture = np.zeros(inputs[0])
    return picture[:, top : picture.shape[1] - bottom, left : picture.shape[2] - right].shape


def _pad(layer: Any, inputs: Sequence[Shape]) -> tuple[int, ...]:
    sides = _sides(layer.padding) if len(inputs[0]) == 3 else ()
    return np.pad(np.zeros(inputs[0]), (layer.channels, *sides)).shape


def _multiply(layer: Any, inputs: Sequence[Shape]) -> tuple[int, ...]:
    """A vector beside a picture has one factor for each channel."""
    is_picture = len(inputs[0]) == 3
    factors = [np.zeros((*shape, 1, 1) if is_picture and len(shape) == 1 else shape) for shape in inputs]
    return reduce(np.multiply, factors).shape


ORACLES: dict[str, Oracle] = {
    "conv2d": _convolve,
    "max_pool2d": _pool,
    "avg_pool2d": _pool,
    "conv_transpose2d": _spread,
    "upsample": _enlarge,
    "crop": _crop,
    "pad": _pad,
    "linear": lambda layer, inputs: (layer.out_features,),
    "flatten": lambda layer, inputs: np.zeros(inputs[0]).reshape(-1).shape,
    "reshape": lambda layer, inputs: np.zeros(inputs[0]).reshape(layer.shape).shape,
    "permute": lambda layer, inputs: np.zeros(inputs[0]).transpose(layer.axes).shape,
    "slice": lambda layer, inputs: np.zeros(inputs[0])[layer.start : layer.stop].shape,
    "concat": lambda layer, inputs: np.concatenate([np.zeros(shape) for shape in inputs]).shape,
    "add": lambda layer, inputs: sum(np.zeros(shape) for shape in inputs).shape,  # type: ignore[union-attr]
    "multiply": _multiply,
    "maxout": lambda layer, inputs: np.zeros(inputs[0]).reshape(-1, layer.pieces, *inputs[0][1:]).max(axis=1).shape,
    "global_avg_pool": lambda layer, inputs: np.zeros(inputs[0]).mean(axis=(1, 2)).shape,
    "global_max_pool": lambda layer, inputs: np.zeros(inputs[0]).max(axis=(1, 2)).shape,
    "batch_norm": lambda layer, inputs: inputs[0],
    "channel_shuffle": lambda layer, inputs: inputs[0],
}
"""Layer → its output's shape."""
