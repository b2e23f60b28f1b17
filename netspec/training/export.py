"""The weights of a run, or of a file, in another format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netspec import __version__
from netspec.training.errors import TrainError
from netspec.training.load import choose_weights
from netspec.weights import KINDS, Tensors, Weights, WeightsError, digest, kind_of, read_weights, write_weights
from netspec.weights.caffe_names import from_caffe

VARIANCE, COUNTER = ".running_var", ".num_batches_tracked"
"""Where PyTorch's batch norm has running statistics it has a counter, too."""


@dataclass(frozen=True)
class Exported:
    """What was written."""

    source: Path
    file: Path
    kind: str
    """ "safetensors", "npz" or "torch"."""
    tensors: int
    numbers: int
    """Elements of all tensors."""
    bytes: int
    digest: str
    """SHA-256 over names, types, shapes and values."""
    metadata: dict[str, str]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For programs; of the metadata only what the keys are."""
        return {
            "source": str(self.source), "file": str(self.file), "format": self.kind, "tensors": self.tensors,
            "numbers": self.numbers, "bytes": self.bytes, "sha256": self.digest, "metadata": sorted(self.metadata),
            "notes": list(self.notes),
        }  # fmt: skip


def export(source: Path, file: Path, kind: str | None = None, optimizer: str | None = None) -> Exported:
    """Write the best weights of a run folder, or a file's, as `kind`; without it the ending of `file` decides.

    Names, types and values stay as they are; for PyTorch the counters of batch norm are added where they are missing.
    optimizer: of a race, whose weights; default: the winner's. Raises TrainError and WeightsError.
    """
    kind = kind_of(file) if kind is None else _agreeing(file, kind)
    if not source.exists():
        raise TrainError(f"{source}: there is no such file or folder", "give the folder of a run, or a file of weights")
    found = choose_weights(source, None, optimizer) if source.is_dir() else source
    weights = read_weights(found)
    if weights.convention != "torch":
        raise TrainError(
            f"{found}: its tensors have {weights.convention.title()}'s names and layouts, which need their network",
            "train their spec from them for 0 epochs (--weights FILE --set train.epochs=0), and export that run",
        )
    named = from_caffe(weights.tensors)
    tensors = with_counters(named) if kind == "torch" else named
    metadata = {"netspec_version": __version__, **weights.metadata}
    write_weights(file, tensors, metadata, kind)
    return Exported(
        source=found, file=file, kind=kind, tensors=len(tensors), metadata=metadata, bytes=file.stat().st_size,
        numbers=sum(array.size for array in tensors.values()), digest=digest(tensors), notes=_notes(weights, tensors),
    )  # fmt: skip


def with_counters(tensors: Tensors) -> Tensors:
    """Module by module as PyTorch orders them, with a counter of 0 beside running statistics that lack one.

    netspec does not count batches; PyTorch reads the counter only for a batch norm with momentum = None.
    """
    modules: dict[str, Tensors] = {}
    for name, array in tensors.items():
        modules.setdefault(name.rpartition(".")[0], {})[name] = array
    for module, own in modules.items():
        if module + VARIANCE in own:
            own.setdefault(module + COUNTER, np.array(0, np.int64))
    return {name: array for own in modules.values() for name, array in own.items()}


def _agreeing(file: Path, kind: str) -> str:
    """The kind asked for, unless the file's ending is that of another."""
    try:
        other = kind_of(file)
    except WeightsError:
        return kind
    if other != kind:
        raise TrainError(
            f"{file}: {file.suffix} is the ending of {other} files, but {kind} was asked for",
            f"call the file *{KINDS[kind]}, or leave the format out",
        )
    return kind


def _notes(weights: Weights, written: Tensors) -> tuple[str, ...]:
    taken = (f"taken from {weights.source}",) if weights.source else ()
    left = (f"not written: {', '.join(one or 'the top of the file' for one in weights.others)}",) if weights.others else ()
    numbered = ("Caffe's numbers .0 and .1 became .weight and .bias",) if weights.tensors.keys() - written.keys() else ()
    added = len(written) - len(weights.tensors)
    counters = (f"{added} {COUNTER.removeprefix('.')} added for PyTorch's batch norm",) if added else ()
    return (*taken, *left, *weights.notes, *numbered, *counters)
