"""The arrays of one Keras layer → the layout of its counterpart here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.layers.base import Shape
from netspec.transfer.flat_order import Order

Array = NDArray[Any]
COUNTERPARTS = {
    "Conv2D": "conv2d", "DepthwiseConv2D": "conv2d", "Conv2DTranspose": "conv_transpose2d", "Dense": "linear",
    "Embedding": "embedding", "PReLU": "prelu", "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm", "GroupNormalization": "group_norm",
}  # fmt: skip
NUMBERED = {
    "conv2d": ("weight", "bias"), "conv_transpose2d": ("weight", "bias"), "linear": ("weight", "bias"),
    "embedding": ("weight",), "prelu": ("weight",), "layer_norm": ("weight", "bias"), "group_norm": ("weight", "bias"),
    "batch_norm": ("weight", "bias", "running_mean", "running_var"),
}  # fmt: skip
"""What the numbered variables of a file that names no types are, when there are as many."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where an array goes."""

    type: str
    """The layer's type here."""
    before: Order | None
    after: Order | None
    """Orders of the layer's input and output."""
    channels_first: bool
    """Whether pictures lie as C, H, W there, too."""


def turn(kind: str, word: str, array: Array, shape: Shape, place: Place) -> Array:
    """One tensor ("weight", "bias", …) in netspec's layout.

    kind: Keras' type, "" when unknown; shape: what is wanted.
    What has no layout of ours stays as it is, so that its shape is reported.
    """
    if place.type in ("conv2d", "conv_transpose2d") and word == "weight" and array.ndim == 4:
        return _kernel(kind, array, shape, place.type)
    if place.type == "linear":
        return _dense(word, array, place.before, place.after)
    if place.type == "layer_norm" and array.ndim == 3 and not place.channels_first:
        return array.transpose(2, 0, 1)
    if place.type == "prelu" and array.ndim == 3 and array.size == array.shape[0 if place.channels_first else -1]:
        return array.reshape(-1)  # one slope a channel, for all pixels
    if array.ndim == 1 and place.before is not None and array.size == place.before.size:
        return array[place.before]
    return array


def _kernel(kind: str, array: Array, shape: Shape, here: str) -> Array:
    """(H, W, I, O) → (O, I, H, W); depthwise (H, W, C, M) → (C·M, 1, H, W); transposed (H, W, O, I) → (I, O, H, W)."""
    height, width, channels, multiplier = array.shape
    is_depthwise = here == "conv2d" and not kind and shape[1] == 1 and channels != 1
    if kind == "DepthwiseConv2D" or is_depthwise:
        return array.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return array.transpose(3, 2, 0, 1)


def _dense(word: str, array: Array, before: Order | None, after: Order | None) -> Array:
    """(in, out) → (out, in), with the rows and columns of flattened pictures in their places here."""
    if word == "weight" and array.ndim == 2:
        array = array.T
        if before is not None and array.shape[1] == before.size:
            array = array[:, before]
    return np.ascontiguousarray(array[after] if after is not None and len(array) == after.size else array)
