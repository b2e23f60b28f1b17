"""Whose names and layouts the tensors of a file have → netspec's.

A convention is two functions. `names` gives the arrays PyTorch's names where only the words differ ("kernel" → "weight"),
before prefixes come off and renames are applied. `arrange` comes after them, when each tensor bears the name of the layer
here that it is for: it brings the values into netspec's layouts, with the network's graph and shapes at hand.
"""

from __future__ import annotations

import re

from netspec.transfer.caffe import arrange_caffe
from netspec.transfer.given import Arranged, Converter, Given
from netspec.transfer.keras import arrange_keras
from netspec.transfer.wanted import Wanted
from netspec.weights import Convention, Tensors
from netspec.weights.caffe_names import from_caffe

UNUSED = ".num_batches_tracked"
"""PyTorch's batch norm counts batches; netspec has no use for that."""


_DENSE = re.compile(r"(.*denselayer\d+\.(?:norm|conv))\.([12]\.\w+)")
"""torchvision's files of DenseNet are older than its names: "denselayer1.norm.1.weight" is "denselayer1.norm1.weight"."""


def _torch_names(tensors: Tensors, wanted: Wanted) -> Tensors:
    """As they are, but for counters and DenseNet; files that number the tensors of a layer have Caffe's names."""
    kept = {name: array for name, array in from_caffe(tensors).items() if not name.endswith(UNUSED)}
    return {_DENSE.sub(r"\1\2", name): array for name, array in kept.items()}


def _same_names(tensors: Tensors, wanted: Wanted) -> Tensors:
    return tensors


def _same_layouts(given: Given, wanted: Wanted) -> Arranged:
    return Arranged(given.tensors)


CONVERTERS: dict[Convention, Converter] = {
    "torch": Converter(_torch_names, _same_layouts),
    "keras": Converter(_same_names, arrange_keras),
    "caffe": Converter(_same_names, arrange_caffe),
}
"""One for each convention that a format can have."""
