"""Whose names and layouts the tensors of a file have → netspec's.

A convention is two functions. `names` gives the arrays PyTorch's names where only the words differ ("kernel" → "weight"),
before prefixes come off and renames are applied. `arrange` comes after them, when each tensor bears the name of the layer
here that it is for: it brings the values into netspec's layouts, with the network's graph and shapes at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netspec.transfer.wanted import Wanted
from netspec.weights import Convention, Tensors
from netspec.weights.caffe_names import from_caffe

UNUSED = ".num_batches_tracked"
"""PyTorch's batch norm counts batches; netspec has no use for that."""


@dataclass(frozen=True)
class Converter:
    """How one convention becomes netspec's; both functions may leave tensors out that netspec has no use for."""

    names: Callable[[Tensors, Wanted], Tensors]
    arrange: Callable[[Tensors, Wanted], Tensors]


def _torch_names(tensors: Tensors, wanted: Wanted) -> Tensors:
    """As they are, but for counters; files that number the tensors of a layer have Caffe's names."""
    return {name: array for name, array in from_caffe(tensors).items() if not name.endswith(UNUSED)}


def _as_they_are(tensors: Tensors, wanted: Wanted) -> Tensors:
    return tensors


CONVERTERS: dict[Convention, Converter] = {"torch": Converter(_torch_names, _as_they_are)}
"""One for each convention that a format can have."""
