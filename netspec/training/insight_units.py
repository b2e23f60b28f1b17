"""A look at activations: which units have died, which values are saturated.

The first samples of the validation part (of the training part when there is none), SAMPLES at most, go through the network
in inference mode. A unit is a channel of (C, H, W), a feature of (F,).

    dead: units of relu and relu6 whose output was 0 at every place for every sample: no gradient passes them
    saturated: the share of output values nearer to an end of the activation's range than MARGIN of the range:
        sigmoid and hard_sigmoid 0 … 1, tanh, hard_tanh and softsign −1 … 1 (hard_tanh: min_val … max_val), relu6 at 6
    values: the histogram of all outputs, as in insight_tensors.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Part
from netspec.datasets.loader import Loader
from netspec.datasets.normalization import Normalization
from netspec.layers.base import Layer, volume
from netspec.probe import Probe
from netspec.training.insight_tensors import histogram

Array = NDArray[Any]
SAMPLES, BYTES = 256, 64 << 20
"""Samples looked at; bytes of activations held at once."""
MARGIN = 0.01
DYING = ("relu", "relu6")
RANGES = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0)}


class Units:
    """Looks at the activation layers of a program."""

    def __init__(self, program: Any, part: Part, normalization: Normalization) -> None:
        """program: a netspec.program.Program."""
        graph = program.graph
        layers: Iterable[tuple[str, Layer | None]] = ((name, graph.nodes[name]["layer"]) for name in graph.nodes)
        self._layers = {name: layer for name, layer in layers if layer is not None and layer.family == "activation"}
        self._probe = Probe(program, tuple(self._layers))
        sample = sum(volume(program.shapes[name]) for name in self._layers) * np.dtype(program.dtype).itemsize
        size = max(1, min(program.batch_size, BYTES // max(sample, 1)))
        count = min(SAMPLES, len(part))
        self._batches = Loader(part, normalization, size, np.arange(count, dtype=np.int64), np.dtype(program.dtype))

    def look(self, lane: Any) -> dict[str, dict[str, Any]]:
        """Layer → what the module's text says, with the lane's tensors as they are; {} without activation layers."""
        if not self._layers:
            return {}
        batches = [self._probe.values(lane, batch.x) for batch in self._batches]
        return {
            name: look_at_units(layer, np.concatenate([values[name] for values in batches]))
            for name, layer in self._layers.items()
        }


def look_at_units(layer: Layer, y: Array) -> dict[str, Any]:
    """What the module's text says about the outputs (N, C, H, W) or (N, F) of a layer."""
    kind, units = layer.type_name(), y.shape[1]
    dead = None
    if kind in DYING:
        others = tuple(axis for axis in range(y.ndim) if axis != 1)
        dead = np.flatnonzero((y == 0).all(axis=others)).tolist()
    return {
        "type": kind,
        "samples": len(y),
        "units": units,
        "dead": dead,
        "saturated": _saturated(layer, y),
        "values": histogram(y),
    }


def _saturated(layer: Layer, y: Array) -> float | None:
    """Share of saturated values; None for a layer without ends."""
    kind = layer.type_name()
    if kind == "relu6":
        return float((y > 6 - 6 * MARGIN).mean())
    ends = (layer.min_val, layer.max_val) if kind == "hard_tanh" else RANGES.get(kind)  # type: ignore[attr-defined]
    if ends is None:
        return None
    low, high = ends
    margin = MARGIN * (high - low)
    return float(((y < low + margin) | (y > high - margin)).mean())
