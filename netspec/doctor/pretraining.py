"""What is known of how a file of weights came about: of netspec's own files from their metadata."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.datasets.normalization import Normalization
from netspec.spec.model import Spec
from netspec.weights import read_metadata


@dataclass(frozen=True)
class Pretraining:
    """shape: of the samples, [C, H, W] or [F]; mean, std: per channel, in units of white = 1; None: not known."""

    name: str
    shape: tuple[int, ...] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    samples: int | None = None
    """Training samples."""


def of_file(spec: Spec, path: Path) -> Pretraining | None:
    """What a file's metadata say; None when they say nothing."""
    metadata = read_metadata(path)
    shape, normalization = _shape(metadata), metadata.get("normalization")
    if shape is None and normalization is None:
        return None
    if normalization is None:
        return Pretraining(path.name, shape)
    found = Normalization.from_json(normalization)
    scale = found.full_scale or 1.0
    channels = found.image_shape[0] if found.image_shape is not None else len(found.mean)
    step = len(found.mean) // channels
    mean, std = (tuple(float(value) / scale for value in array[::step]) for array in (found.mean, found.std))
    return Pretraining(path.name, shape, mean, std)


def _shape(metadata: dict[str, str]) -> tuple[int, ...] | None:
    text = metadata.get("spec")
    if text is None:
        return None
    inputs: list[dict[str, Any]] = json.loads(text).get("inputs", [])
    return tuple(inputs[0]["shape"]) if len(inputs) == 1 else None
