"""A trained network from its run folder or from a file of weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from netspec.datasets.normalization import Normalization
from netspec.spec.model import Origin, Spec
from netspec.training.errors import TrainError
from netspec.weights import Tensors, Weights, read_metadata, read_weights

Choice = Literal["best", "last"]


@dataclass(frozen=True, eq=False)
class Trained:
    """What is needed to evaluate or predict. For files of other programs only the tensors are there."""

    spec: Spec | None
    tensors: Tensors
    normalization: Normalization | None
    classes: tuple[str, ...] | None
    metadata: dict[str, str]
    path: Path
    """The file the tensors are from."""


def load_run(path: str | Path, checkpoint: Choice | None = None, optimizer: str | None = None) -> Trained:
    """The weights of a run folder, or a single file.

    checkpoint: "best", or "last" where no best was kept, of the lane `optimizer`; without it the best, too, unless whoever
    stopped the run chose to keep the last. Of several lanes the one with the best value, when nothing is said.
    Raises TrainError and WeightsError.
    """
    path = Path(path).expanduser()
    file = choose_weights(path, checkpoint, optimizer) if path.is_dir() else path
    weights = read_weights(file)
    folder = path if path.is_dir() else file.parent.parent
    metadata = weights.metadata
    return Trained(
        spec=_spec(weights, folder),
        tensors=weights.tensors,
        normalization=Normalization.from_json(metadata["normalization"]) if "normalization" in metadata else None,
        classes=_classes(metadata),
        metadata=metadata,
        path=file,
    )


def choose_weights(folder: Path, checkpoint: Choice | None, optimizer: str | None) -> Path:
    """The file of weights in a run folder that `load_run` reads."""
    found = _files(folder, checkpoint or "best") or (_files(folder, "last") if checkpoint != "last" else {})
    if checkpoint is None:
        found |= _files(folder, "last", chosen=True)
    if not found:
        raise TrainError(f"{folder}: no weights in its checkpoints", "give a run folder, or a .safetensors file")
    if optimizer is not None and optimizer not in found:
        raise TrainError(f"{folder}: no lane {optimizer!r}", f"use one of {', '.join(found)}")
    if optimizer is not None or len(found) == 1:
        return found[optimizer or next(iter(found))]
    return found[_winner(folder, found)]


def _files(folder: Path, kind: str, *, chosen: bool = False) -> dict[str, Path]:
    """Lane → file of its best or last weights; only those that somebody has chosen to keep, if asked for."""
    paths = sorted((folder / "checkpoints").glob(f"{kind}*.safetensors"))
    metadata = {path: read_metadata(path) for path in paths if not path.name.endswith(".state.safetensors")}
    return {
        found["optimizer"]: path
        for path, found in metadata.items()
        if found.get("kind") == kind and ("chosen" in found or not chosen)
    }


def _winner(folder: Path, found: dict[str, Path]) -> str:
    """The lane that came out first in the race."""
    from netspec.training.history import read_history
    from netspec.training.ranking import ranking

    order = [place.optimizer for place in ranking(read_history(folder))]
    return next((label for label in order if label in found), next(iter(found)))


def _spec(weights: Weights, folder: Path) -> Spec | None:
    """The spec stored with the weights, with its relative paths starting where the run's spec stood."""
    text = weights.metadata.get("spec")
    if text is None:
        return None
    spec = Spec.model_validate(json.loads(text))
    lock = folder / "lock.json"
    base: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
    if "base_dir" not in base:
        return spec
    return spec.with_origin(Origin(file=base.get("spec_file"), base_dir=Path(base["base_dir"])))


def _classes(metadata: dict[str, str]) -> tuple[str, ...] | None:
    names = json.loads(metadata.get("classes", "null"))
    return None if names is None else tuple(names)
