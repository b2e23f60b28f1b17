"""Caffe's layers → tensors under PyTorch's names.

Caffe numbers the blobs of a layer: "conv1.0" is its weight, "conv1.1" its bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.weights.base import Tensors
from netspec.weights.caffe_layers import CaffeLayer

_NAMES = {"0": "weight", "1": "bias"}
_CONVOLUTIONS = ("Convolution", "Deconvolution")


def from_caffe(tensors: Tensors) -> Tensors:
    """The tensors of an npz file under PyTorch's names when all of them are numbered 0 or 1, else as they are.

    Convolutions and inner products lie alike in both: (O, I, kH, kW) and (out, in).
    """
    parts = {name: name.rpartition(".") for name in tensors}
    if not all(layer and number in _NAMES for layer, _, number in parts.values()):
        return tensors
    return {f"{layer}.{_NAMES[number]}": tensors[name] for name, (layer, _, number) in parts.items()}


def layer_tensors(layers: Sequence[CaffeLayer]) -> tuple[Tensors, list[str]]:
    """Every blob under PyTorch's name, and what the user should know about it.

    BatchNorm's mean and variance are sums over `scale`: mean = blob 0 / blob 2, variance = blob 1 / blob 2. The Scale behind it
    gives the weight and bias. What has no counterpart keeps its number ("lstm1.0"). Names with / get dots, as in specs.
    """
    tensors: Tensors = {}
    notes: list[str] = []
    pairs = _scales(layers)
    taken = {scale.name for scale in pairs.values()}
    for layer in layers:
        if layer.name in taken or not layer.blobs:
            continue
        if layer.type == "BatchNorm" and len(layer.blobs) == 3:
            found, told = _batch_norm(layer, pairs.get(layer.name))
            notes += told
        else:
            found = _plain(layer)
        tensors.update({f"{spec_name(layer.name)}.{key}": array for key, array in found.items()})
    return tensors, notes


def _scales(layers: Sequence[CaffeLayer]) -> dict[str, CaffeLayer]:
    """BatchNorm → the Scale that is the next to read its output: Caffe splits what others do in one layer."""
    pairs: dict[str, CaffeLayer] = {}
    for place, layer in enumerate(layers):
        if layer.type == "BatchNorm":
            after = next((other for other in layers[place + 1 :] if set(other.bottoms) & set(layer.tops)), None)
            if after is not None and after.type == "Scale" and after.blobs:
                pairs[layer.name] = after
    return pairs


def _batch_norm(layer: CaffeLayer, scale: CaffeLayer | None) -> tuple[Tensors, list[str]]:
    mean, variance, counted = layer.blobs
    count = float(counted.reshape(-1)[0])
    with np.errstate(all="ignore"):
        factor = np.asarray(1 / count if count else 0, mean.dtype)  # as Caffe does: without a batch both are 0
        found = {"running_mean": mean * factor, "running_var": variance * factor}
    notes = [] if count else [f"{layer.name} has seen no batch: its mean and variance are 0, as in Caffe"]
    if scale is None:
        return found, notes
    found["weight"] = scale.blobs[0]
    found["bias"] = scale.blobs[1] if len(scale.blobs) > 1 else np.zeros_like(scale.blobs[0])
    return found, [*notes, f"{layer.name} and {scale.name} are one batch_norm here: {spec_name(layer.name)}"]


def _plain(layer: CaffeLayer) -> Tensors:
    blobs = layer.blobs
    if layer.type == "InnerProduct":
        return _numbered([_without_ones(blobs[0], 2), *(_without_ones(bias, 1) for bias in blobs[1:])])
    if layer.type in _CONVOLUTIONS:
        return _numbered([blobs[0], *(_without_ones(bias, 1) for bias in blobs[1:])])
    if layer.type == "PReLU":
        return _numbered([blobs[0].reshape(-1), *blobs[1:]])
    if layer.type in ("Embed", "Scale", ""):
        return _numbered(blobs)
    return {str(number): blob for number, blob in enumerate(blobs)}


def _numbered(blobs: Sequence[NDArray[Any]]) -> Tensors:
    return {_NAMES.get(str(number), str(number)): blob for number, blob in enumerate(blobs)}


def _without_ones(blob: NDArray[Any], axes: int) -> NDArray[Any]:
    """Until 2014 every blob had four axes: 1 × 1 × out × in."""
    extra = blob.ndim - axes
    return blob.reshape(blob.shape[extra:]) if extra > 0 and set(blob.shape[:extra]) == {1} else blob


def spec_name(name: str) -> str:
    """ "inception_3a/1x1" → "inception_3a.1x1"."""
    return name.replace("/", ".")
