"""What a file of weights holds, and the error for one that cannot be used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[Any]]


Convention = Literal["torch", "keras", "caffe"]
"""Whose names and layouts tensors have. "torch" is netspec's own: "conv1.weight" (O, I, kH, kW), "fc.weight" (out, in)."""


@dataclass(frozen=True)
class LayerFacts:
    """What a file of another framework says of a layer beside its tensors."""

    kind: str = ""
    """The framework's word for its type, "Conv2D"; "" when the file does not say it."""
    eps: float | None = None
    """What its normalization adds to the variance."""
    is_default: bool = False
    """Whether that is only what the framework uses when nothing else is asked for: the file does not say it."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Named tensors and the text that came with them ("netspec_version", "spec_hash", "normalization", …)."""

    tensors: Tensors
    metadata: dict[str, str] = field(default_factory=dict)
    convention: Convention = "torch"
    """`netspec.transfer` brings the tensors of other conventions into netspec's names and layouts."""
    source: str = ""
    """Where in the file `tensors` lie, when that is not its top: "state_dict", "ema"."""
    others: dict[str, Tensors] = field(default_factory=dict)
    """Further sets of tensors in the same file, by where they lie; the network decides which one fits."""
    notes: tuple[str, ...] = ()
    """Sentences on what reading made of the file: "not read: epoch, optimizer"."""
    layers: dict[str, LayerFacts] = field(default_factory=dict)
    """What a file of another framework says of its layers, by name and in its order."""
    is_ordered: bool = True
    """Whether that order is the model's; else only layers of the same type stand in it."""
    is_channels_first: bool | None = None
    """Whether pictures lie as C, H, W in the model; None when the file does not say it."""


class WeightsError(Exception):
    """A file of weights cannot be read or written; `message` says which and why, `hint` what to do."""

    def __init__(self, path: Path, what: str, hint: str) -> None:
        super().__init__(f"{path}: {what}; {hint}")
        self.path = path
        self.message = f"{path}: {what}"
        self.hint = hint


def digest(tensors: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 (hex) over names, types, shapes and values in the order of the names: equal bits give equal digests."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        array = little_endian(tensors[name])
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.data.cast("B") if array.size else b"")
    return total.hexdigest()


def little_endian(array: NDArray[Any]) -> NDArray[Any]:
    """The same values, C-contiguous and little-endian, as files store them; 0-d stays 0-d."""
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")
