"""What Keras' config.json (model_config in old files) says of the layers: names, types, order.

It is read as JSON; nothing is built or run of what it describes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.weights.base import WeightsError

_MOST_DEPTH = 32


@dataclass(frozen=True)
class ConfigLayer:
    """A layer that is no model itself: its name with those of the models around it, and the folder of its variables."""

    name: str
    """ "backbone.conv1" """
    folder: str
    """ "sequential/conv2d": what Keras 3 calls its group in the file of weights, by type and number."""
    kind: str
    options: dict[str, Any]


@dataclass(frozen=True)
class Config:
    """Layers in the model's order."""

    layers: tuple[ConfigLayer, ...]

    @property
    def channels_first(self) -> bool | None:
        """Whether pictures lie as C, H, W; None when no layer says it."""
        found = {layer.options.get("data_format") for layer in self.layers} & {"channels_first", "channels_last"}
        return "channels_first" in found if found else None


def parse_config(path: Path, text: str) -> Config:
    """Raises WeightsError for what is no description of a model."""
    try:
        document = json.loads(text)
        layers = tuple(_layers(document["config"], (), (), 0))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"its description of the model is not Keras' ({type(error).__name__}: {error})"
        raise WeightsError(path, what, "save the model again") from error
    return Config(layers)


def _layers(config: Any, names: tuple[str, ...], folders: tuple[str, ...], depth: int) -> Iterator[ConfigLayer]:
    if depth > _MOST_DEPTH:
        raise ValueError(f"models in models, more than {_MOST_DEPTH} deep")
    counts: Counter[str] = Counter()
    for layer in config["layers"] if isinstance(config, dict) else config:  # Keras 1 and 2 have a bare list, too
        kind, options = str(layer["class_name"]), dict(layer["config"])
        word = snake_case(kind)
        folder = f"{word}_{counts[word]}" if counts[word] else word
        counts[word] += 1
        name = str(options.get("name", layer.get("name", folder)))
        if "layers" in options:
            yield from _layers(options, (*names, name), (*folders, folder), depth + 1)
        else:
            yield ConfigLayer(".".join((*names, name)), "/".join((*folders, folder)), kind, options)


def snake_case(kind: str) -> str:
    """Conv2DTranspose → conv2d_transpose, PReLU → p_re_lu: how Keras makes names of types."""
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
