"""Caffe's .caffemodel: a binary protobuf message with the layers and their blobs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from netspec.weights.base import LayerFacts, Weights, WeightsError
from netspec.weights.caffe_layers import CaffeLayer, parse_network
from netspec.weights.caffe_names import layer_tensors, spec_name
from netspec.weights.protobuf import WireError

_EPS = 1e-5
"""Of BatchNorm, where the file names none."""


def read(path: Path) -> Weights:
    """All blobs under PyTorch's names. Raises WeightsError."""
    try:
        layers = parse_network(path.read_bytes())
    except WireError as error:
        raise WeightsError(path, f"not a whole caffemodel ({error})", "fetch or save it again") from error
    _check_names(path, [spec_name(layer.name) for layer in layers if layer.blobs])
    tensors, notes = layer_tensors(layers)
    facts = {spec_name(layer.name): _facts(layer) for layer in layers if layer.blobs}
    return Weights(tensors, convention="caffe", layers=facts, notes=tuple(notes))


def read_metadata(path: Path) -> dict[str, str]:
    """What netspec writes into its files is in none of Caffe's."""
    return {}


def _facts(layer: CaffeLayer) -> LayerFacts:
    eps = (_EPS if layer.eps is None else layer.eps) if layer.type == "BatchNorm" else None
    return LayerFacts(layer.type, eps)


def _check_names(path: Path, names: list[str]) -> None:
    if not names:
        raise WeightsError(path, "no layer with weights is in it", "give the .caffemodel, not the .solverstate or a prototxt")
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise WeightsError(path, f"{count} layers with weights are called {name!r}", "rename them in Caffe")
