"""Fit arrays to the network's input: compare shapes, fold vectors into pictures, lay pictures out as vectors."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from netspec.datasets.base import Array, DataError, Dataset, Part, PartName
from netspec.datasets.normalization import Normalization
from netspec.datasets.scaling import StoredPictures, can_scale

Parts = dict[PartName, Part]


def fold_to_input(parts: Parts, input_shape: tuple[int, ...] | None, dataset: Dataset) -> tuple[Parts, tuple[str, ...]]:
    """Check the samples against the network's input; vectors for an input [C, H, W] become pictures. With notes.

    Raises DataError when the number of values differs, or when pictures differ in shape.
    """
    shape = _common_shape(parts)
    require_shape(shape, input_shape, dataset)
    if input_shape is None or input_shape == shape or len(input_shape) == 1:
        return parts, ()
    folded: Parts = {n: replace(p, x=fold_vectors(p.x, input_shape)) for n, p in parts.items()}
    return folded, (f"vectors of {shape[0]} values are read as pictures {say_shape(input_shape)}",)


def cut_to_input(parts: Parts, input_shape: tuple[int, ...] | None, dataset: Dataset) -> tuple[Parts, tuple[str, ...]]:
    """Where an augmentation cuts: the middle of pictures that are larger than the input, beside the whole ones to train on."""
    shape = parts["train"].shape
    if input_shape is None or input_shape == shape or not can_cut(shape, input_shape, dataset):
        return parts, ()
    size = (input_shape[1], input_shape[2])
    cut: Parts = {n: p.cut(size, keep=n == "train") if p.shape == shape else p for n, p in parts.items()}
    cutting = next(item.type_name() for item in dataset.augment if item.cuts)
    return cut, (
        f"{cutting} cuts {size[1]}×{size[0]} out of training pictures of {shape[2]}×{shape[1]}; everywhere else the middle "
        f"is used ({parts['train'].x.nbytes / 2**20:.0f} MiB are stored for training)",
    )


def can_cut(shape: tuple[int, ...], input_shape: tuple[int, ...], dataset: Dataset) -> bool:
    """Whether samples are pictures out of which an augmentation of the set can cut the network's input."""
    if not dataset.cuts or len(shape) != 3 or len(input_shape) != 3 or shape[0] != input_shape[0]:
        return False
    return shape[1] >= input_shape[1] and shape[2] >= input_shape[2]


def require_shape(shape: tuple[int, ...], input_shape: tuple[int, ...] | None, dataset: Dataset) -> None:
    """Raise DataError for samples that are neither of the input's shape, nor pictures and vectors of as many values.

    Larger pictures will do where an augmentation of the set cuts, and any where the set scales them.
    """
    if input_shape is None or input_shape == shape or can_cut(shape, input_shape, dataset):
        return
    if isinstance(dataset, StoredPictures) and dataset.scale_to_input and can_scale(shape, input_shape):
        return
    if {len(shape), len(input_shape)} != {1, 3} or math.prod(input_shape) != math.prod(shape):
        raise DataError(
            f"[data]: samples are {say_shape(shape)}, but the network's input is {say_shape(input_shape)}",
            dataset.shape_hint(shape, input_shape),
        )


def flatten_to_input(
    parts: Parts, normalization: Normalization, input_shape: tuple[int, ...] | None
) -> tuple[Parts, Normalization, tuple[str, ...]]:
    """Lay pictures out as vectors when the network's input is [F]; each value keeps its channel's normalization."""
    train = parts["train"]
    if input_shape is None or len(input_shape) != 1 or not train.has_images:
        return parts, normalization, ()
    channels, height, width = train.shape
    flat: Parts = {n: replace(p, x=flatten_images(p.x)) for n, p in parts.items()}
    note = f"pictures {say_shape(train.shape)} are laid out as vectors of {input_shape[0]} values, in the order C, H, W"
    return flat, normalization.flattened((channels, height, width)), (note,)


def flatten_images(x: Array) -> Array:
    """(N, H, W, C) → (N, C·H·W), in the order C, H, W, as a linear layer reads [C, H, W]."""
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)).reshape(len(x), -1)


def fold_vectors(x: Array, shape: tuple[int, ...]) -> Array:
    """(N, C·H·W) in the order C, H, W → (N, H, W, C)."""
    return np.ascontiguousarray(x.reshape(len(x), *shape).transpose(0, 2, 3, 1))


def say_shape(shape: tuple[int, ...]) -> str:
    """A sample's shape in words, with the layout of pictures."""
    if len(shape) == 3:
        return f"{list(shape)} (layout NCHW: C, H, W)"
    return f"vectors of {shape[0]} values" if len(shape) == 1 else str(list(shape))


def _common_shape(parts: Parts) -> tuple[int, ...]:
    shape = parts["train"].shape
    for name, part in parts.items():
        if part.shape != shape:
            raise DataError(
                f"[data]: training samples are {say_shape(shape)}, those of the {name} part {say_shape(part.shape)}",
                "make all parts the same size",
            )
    return shape
