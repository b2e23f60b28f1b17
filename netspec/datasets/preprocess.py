"""What predict does with a picture or an array: the very steps the training data went through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from netspec.datasets.arrange import flatten_images, fold_vectors, say_shape
from netspec.datasets.base import Array, DataError, Dataset
from netspec.datasets.image_folder import ImageFolder
from netspec.datasets.images import load_image
from netspec.datasets.normalization import Normalization


def preprocess(
    dataset: Dataset | None,
    source: Path | Array,
    input_shape: tuple[int, ...],
    normalization: Normalization,
    dtype: DTypeLike = np.float32,
) -> Array:
    """Normalized samples in storage layout, (N, H, W, C) or (N, F), ready for the network.

    source: a PNG or JPEG file (N = 1), resized as the training pictures were; or an array of samples in the units of
    the training data, in storage layout, with or without the axis N. dataset: the `[data]` section of the training,
    None when it is not known. input_shape: [C, H, W] or [F]. Raises DataError.
    """
    if isinstance(source, np.ndarray):
        return normalization.apply(_arrange(source, input_shape), dtype)
    picture_shape = normalization.image_shape or input_shape
    if len(picture_shape) != 3:
        raise DataError(
            f"{source}: a picture does not fit a network whose input is {say_shape(input_shape)}",
            "give a .npy file of samples",
        )
    if normalization.full_scale is None:
        raise DataError(
            f"{source}: a picture has pixels 0…255, but the training values have no known white value",
            "give a .npy file of samples in the units of the training data",
        )
    channels, height, width = picture_shape
    if isinstance(dataset, ImageFolder):
        picture = dataset.picture(source, channels, (height, width))[None]
    else:
        picture = load_image(source, channels, (height, width))[None]
    x = picture if normalization.full_scale == 255 else picture * (normalization.full_scale / 255)
    return normalization.apply(flatten_images(x) if len(input_shape) == 1 else x, dtype)


def _arrange(x: Array, input_shape: tuple[int, ...]) -> Array:
    """Samples in any of the accepted shapes → (N, H, W, C) or (N, F)."""
    if len(input_shape) == 1:
        if x.shape[-1:] == input_shape and x.ndim <= 2:
            return x.reshape(-1, *input_shape)
        if x.ndim == 4 and x[0].size == input_shape[0]:
            return flatten_images(x)
    else:
        channels, height, width = input_shape
        if channels == 1 and x.shape[-2:] == (height, width) and x.ndim in (2, 3):
            return x.reshape(-1, height, width, 1)
        if x.shape[-3:] == (height, width, channels) and x.ndim in (3, 4):
            return x.reshape(-1, height, width, channels)
        if x.shape[-1] == channels * height * width and x.ndim == 2:
            return fold_vectors(x, input_shape)
    raise DataError(
        f"an array of shape {list(x.shape)} does not hold samples for the network's input {say_shape(input_shape)}",
        "give pictures as (N, H, W, C), vectors as (N, F)",
    )
