"""A look at activations: which units have died, which values are saturated.

The first samples of the validation part (of the training part when there is none), SAMPLES at most, go through the network
in inference mode. A unit is a channel of (C, H, W), a feature of (F,). What a layer's outputs mean, the layer says.

    dead: units of layers with `dead_at_zero` whose output was 0 at every place for every sample: no gradient passes them
    saturated: the share of output values nearer to one of the layer's `ends` than MARGIN of the way from end to end (from 0
        when there is but one)
    values: the histogram of the outputs for the first `histogram_samples` samples, as in insight_tensors.py: as many as have
        VALUES values, at least one
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Part
from netspec.datasets.batch import Finish
from netspec.datasets.loader import Loader
from netspec.datasets.normalization import Normalization
from netspec.layers.base import Layer, volume
from netspec.probe import Probe
from netspec.training.insight_tensors import histogram

Array = NDArray[Any]
SAMPLES, VALUES, BYTES = 128, 1 << 16, 64 << 20
"""Samples looked at; values of a layer in its histogram; bytes of activations held at once."""
MARGIN = 0.01


class Units:
    """Looks at the activation layers of a program."""

    def __init__(self, program: Any, part: Part, normalization: Normalization, finish: Finish | None = None) -> None:
        """program: a netspec.program.Program; finish: see `Data.finish`."""
        graph = program.graph
        layers: Iterable[tuple[str, Layer | None]] = ((name, graph.nodes[name]["layer"]) for name in graph.nodes)
        self._layers = {name: layer for name, layer in layers if layer is not None and layer.family == "activation"}
        self._probe = Probe(program, tuple(self._layers))
        sample = sum(volume(program.shapes[name]) for name in self._layers) * np.dtype(program.dtype).itemsize
        order = np.arange(min(SAMPLES, len(part)), dtype=np.int64)
        size = max(1, min(program.batch_size, BYTES // max(sample, 1)))
        self._batches = Loader(part, normalization, size, order, np.dtype(program.dtype), finish=finish)

    def look(self, lane: Any) -> dict[str, dict[str, Any]]:
        """Layer → what the module's text says, with the lane's tensors as they are; {} without activation layers."""
        tallies = {name: Tally(layer) for name, layer in self._layers.items()}
        for batch in self._batches.batches() if tallies else ():
            outputs = self._probe.stored_values(lane, batch.feed)
            for name, tally in tallies.items():
                tally.add(outputs[name])
        return {name: tally.look() for name, tally in tallies.items()}


class Tally:
    """Counts over a layer's outputs, batch by batch."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._ends = layer.ends()
        self._alive: Array | None = None
        self._near = self._samples = self._size = 0
        self._kept: list[Array] = []

    def add(self, y: Array) -> None:
        """y: (n, H, W, C) or (n, F); read at once."""
        if self._layer.dead_at_zero:
            alive = (y.reshape(-1, y.shape[-1]) != 0).any(axis=0)
            self._alive = alive if self._alive is None else self._alive | alive
        missing = VALUES - sum(part.size for part in self._kept)
        if missing > 0:
            self._kept.append(y[: -(-missing // (y[0].size or 1))].copy())
        self._near += _near(y, *self._ends)
        self._samples, self._size, self._units = self._samples + len(y), self._size + y.size, y.shape[-1]

    def look(self) -> dict[str, Any]:
        """What the module's text says."""
        return {
            "type": self._layer.type_name(),
            "samples": self._samples,
            "units": self._units,
            "dead": None if self._alive is None else np.flatnonzero(~self._alive).tolist(),
            "saturated": None if self._ends == (None, None) else self._near / (self._size or math.nan),
            "histogram_samples": sum(map(len, self._kept)),
            "values": histogram(np.concatenate(self._kept)),
        }


def _near(y: Array, low: float | None, high: float | None) -> int:
    """Number of values near an end."""
    margin = MARGIN * ((high or 0) - (low or 0))
    below = 0 if low is None else np.count_nonzero(y < low + margin)
    above = 0 if high is None else np.count_nonzero(y > high - margin)
    return int(below + above)
