"""Caffe numbers the tensors of a layer: "conv1.0" is its weight, "conv1.1" its bias."""

from __future__ import annotations

from netspec.weights.base import Tensors

_NAMES = {"0": "weight", "1": "bias"}


def from_caffe(tensors: Tensors) -> Tensors:
    """The tensors under PyTorch's names when all of them are numbered 0 or 1, else as they are.

    Convolutions and inner products lie alike in both: (O, I, kH, kW) and (out, in).
    """
    parts = {name: name.rpartition(".") for name in tensors}
    if not all(layer and number in _NAMES for layer, _, number in parts.values()):
        return tensors
    return {f"{layer}.{_NAMES[number]}": tensors[name] for name, (layer, _, number) in parts.items()}
