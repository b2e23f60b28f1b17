"""A network to look into: trained, from a run or a file of weights; or with its initial values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.load import Data
from netspec.datasets.normalization import Normalization
from netspec.inside.errors import InsideError
from netspec.layers.base import volume
from netspec.load_report import LoadError, LoadReport
from netspec.look import size as say_size
from netspec.program import Program, compile
from netspec.spec.model import Spec
from netspec.training.events import Run
from netspec.training.history import read_history
from netspec.training.inputs import data_for
from netspec.training.load import Choice, Trained, load_run
from netspec.training.pretrained import load_everything

LARGEST = 1 << 30
"""Bytes of data that are read beside a training."""


@dataclass
class Network:
    """A program with its weights, and what is known about its inputs and classes. weights: None for initial values."""

    spec: Spec
    program: Program
    weights: Path | None
    normalization: Normalization | None
    classes: tuple[str, ...] | None
    optimizer: str | None = None
    """The lane whose weights these are."""
    step: int | None = None
    epoch: int | None = None
    """Where its training stood."""
    load: LoadReport | None = None
    """What became of the file's tensors."""

    @cached_property
    def data(self) -> Data:
        """The spec's data; raises InsideError when it names none."""
        if self.spec.data is None:
            raise InsideError("the spec names no data", "add [data] with a type, or open a picture")
        size = self._bytes()
        if size > LARGEST:
            raise InsideError(
                f"the data take about {say_size(size)}, too much to be read a second time beside the training",
                "open a picture instead",
            )
        return data_for(self.spec, None)

    def _bytes(self) -> int:
        """What the samples of the run take in memory at least, one byte a value; 0 where there is no run that tells."""
        history = None if self.weights is None else self.weights.parent.parent / "history.jsonl"
        if history is None or not history.is_file():
            return 0
        first = next(read_history(history), None)
        samples = sum(first.samples.values()) if isinstance(first, Run) else 0
        return samples * sum(volume(one.shape) for one in self.spec.inputs)

    def known_normalization(self) -> Normalization:
        """The one that was kept with the weights, else that of the spec's data."""
        if self.normalization is None:
            if self.spec.data is None:
                raise InsideError(
                    f"{self.weights or 'these weights'}: it is not known how inputs are normalized",
                    "use weights that netspec saved, or add [data]",
                )
            self.normalization = self.data.normalization
            self.classes = self.classes or self.data.classes
        return self.normalization

    def tensor(self, name: str) -> NDArray[Any]:
        """A parameter in PyTorch's layout."""
        entry = self.program.layout.parameters[name]
        flat = self.program.lanes[0].store.flat(entry, "parameters")
        return np.asarray(entry.tensor.from_stored(flat))  # type: ignore[union-attr]


def from_run(
    folder: Path, *, optimizer: str | None = None, checkpoint: Choice | None = None, threads: int = 1
) -> Network:
    """The network of a run with the weights that `load_run` chooses."""
    trained = load_run(folder, checkpoint, optimizer)
    if trained.spec is None:
        raise InsideError(f"{trained.path}: the file does not say which network it belongs to", "open its spec, too")
    return _with_weights(trained.spec, trained, threads)


def from_spec(spec: Spec, weights: Path | None = None, *, threads: int = 1) -> Network:
    """A network with weights of a file, or with the initial values that its seed gives."""
    if weights is not None:
        return _with_weights(spec, load_run(weights), threads)
    return Network(spec, _compiled(spec, threads), None, None, None)


def _with_weights(spec: Spec, trained: Trained, threads: int) -> Network:
    program = _compiled(spec, threads)
    report = load_all(program, spec, trained)
    numbers = {key: _number(trained.metadata, key) for key in ("step", "epoch")}
    return Network(
        spec,
        program,
        trained.path,
        trained.normalization,
        trained.classes,
        trained.metadata.get("optimizer"),
        load=report,
        **numbers,
    )


def load_all(program: Program, spec: Spec, trained: Trained) -> LoadReport:
    """Everything must fit: a network that is partly untrained would give numbers without meaning."""
    try:
        return load_everything(program, spec, trained.path)
    except LoadError as error:
        raise InsideError(f"{trained.path}: {error.report.describe()}", error.hint) from error


def _number(metadata: Mapping[str, str], key: str) -> int | None:
    text = metadata.get(key, "")
    return int(text) if text.isdigit() else None


def _compiled(spec: Spec, threads: int) -> Program:
    return compile(spec, threads=threads, batch_size=min(spec.train.batch_size, 64))
