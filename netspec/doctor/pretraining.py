"""What is known of how weights came about: of public ones from netspec/weights/known.toml, of netspec's own from their file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.datasets.normalization import Normalization
from netspec.weights import read_metadata
from netspec.weights.known import Known, known_weights

IMAGENET_1K = 1_281_167
"""Training pictures of ImageNet's 1000 classes (Russakovsky et al. 2015, table 2)."""


@dataclass(frozen=True)
class Pretraining:
    """shape: of the samples, [C, H, W] or [F]; mean, std: per channel, in units of white = 1; None: not known."""

    name: str
    shape: tuple[int, ...] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    samples: int | None = None
    """Training samples."""


def of_file(path: Path) -> Pretraining | None:
    """What is known of a file; None when nothing is."""
    public = next((known for known in known_weights().values() if known.file == path.name), None)
    if public is not None:
        return _of_public(public)
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


def _of_public(known: Known) -> Pretraining:
    """Its pictures are square ones of three channels; its mean and deviation are those of bytes."""
    mean, std = (tuple(value / 255 for value in values) for values in (known.mean, known.std))
    samples = IMAGENET_1K if known.classes == 1000 else None
    return Pretraining(known.name, (len(known.mean), known.size, known.size), mean, std, samples)


def _shape(metadata: dict[str, str]) -> tuple[int, ...] | None:
    text = metadata.get("spec")
    if text is None:
        return None
    inputs: list[dict[str, Any]] = json.loads(text).get("inputs", [])
    return tuple(inputs[0]["shape"]) if len(inputs) == 1 else None
