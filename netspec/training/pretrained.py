"""Starting from a file of weights: fine-tuning, as opposed to resuming."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

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
    replace = spec.transfer.replace if spec.transfer is not None else ()
    strict = spec.transfer.strict if spec.transfer is not None else True
    initial = program.lanes[0].tensors()
    found = {name: array for name, array in from_caffe(read_weights(path).tensors).items() if not name.endswith(UNUSED)}
    kept = {name: array for name, array in found.items() if not _matches(name, replace)}
    fresh = {name: array for name, array in initial.items() if _matches(name, replace)}
    report = program.load_parameters({**kept, **fresh}, strict=strict)
    note = f"weights from {path}: {report.describe()}"
    return note + (f", of which {len(fresh)} newly initialized ({', '.join(replace)})" if fresh else "")


def pretrained_path(spec: Spec, weights: str | Path | None) -> Path | None:
    """--weights, else [transfer] weights seen from the spec's folder."""
    if weights is not None:
        return Path(weights)
    if spec.transfer is not None and spec.transfer.weights is not None:
        return spec.base_dir / Path(spec.transfer.weights).expanduser()
    return None


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a tensor ("fc.weight") belongs to a layer that one of the patterns names."""
    layer = name.rpartition(".")[0]
    return any(fnmatchcase(layer, pattern) for pattern in patterns)
