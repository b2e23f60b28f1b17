"""Starting from a file of weights: fine-tuning, as opposed to resuming."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from netspec.graph import match_layers
from netspec.spec.model import Spec
from netspec.training.contract import Program
from netspec.weights import read_weights
from netspec.weights.caffe_names import from_caffe

UNUSED = ".num_batches_tracked"
"""PyTorch's batch norm counts batches; netspec has no use for that."""


def load_pretrained(program: Program, spec: Spec, path: str | Path) -> str:
    """Load all layers but those in [transfer] replace, which keep their fresh initial values; a sentence for the user.

    Strict unless [transfer] strict = false: raises LoadError when a tensor is missing, unexpected or of another shape.
    """
    patterns = spec.transfer.replace if spec.transfer is not None else ()
    strict = spec.transfer.strict if spec.transfer is not None else True
    initial = program.lanes[0].tensors()
    found = {name: array for name, array in from_caffe(read_weights(path).tensors).items() if not name.endswith(UNUSED)}
    replaced = _layers({**found, **initial}, patterns)
    kept = {name: array for name, array in found.items() if layer_of(name) not in replaced}
    fresh = {name: array for name, array in initial.items() if layer_of(name) in replaced}
    report = program.load_parameters({**kept, **fresh}, strict=strict)
    old = replace(report, loaded=tuple(name for name in report.loaded if name not in fresh))
    note = f"weights from {path}: {old.describe()}"
    return note + (f", {len(fresh)} newly initialized ({', '.join(patterns)})" if fresh else "")


def pretrained_path(spec: Spec, weights: str | Path | None) -> Path | None:
    """--weights, else [transfer] weights seen from the spec's folder."""
    if weights is not None:
        return Path(weights)
    if spec.transfer is not None and spec.transfer.weights is not None:
        return spec.base_dir / Path(spec.transfer.weights).expanduser()
    return None


def layer_of(tensor: str) -> str:
    """ "fc.weight" belongs to "fc"."""
    return tensor.rpartition(".")[0]


def _layers(tensors: Iterable[str], patterns: tuple[str, ...]) -> set[str]:
    """The layers of these tensors that the patterns name, in the same sense as for `freeze`: "head" covers "head.0"."""
    layers = {layer_of(name) for name in tensors}
    return {name for pattern in patterns for name in match_layers(pattern, layers)}
