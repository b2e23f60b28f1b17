"""The batch that all contestants get: the same noise in every process."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.graph import build_graph, outputs_of
from netspec.layers.base import volume
from netspec.shapes import infer_shapes
from netspec.spec.model import Spec


def noise(spec: Spec, n: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """x (n, C, H, W) or (n, F) in float32, and labels."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, *spec.inputs[0].shape)).astype(np.float32)
    return x, rng.integers(0, _classes(spec), n)


def noise_of_every_class(spec: Spec, n: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The same with labels 0, 1, …, C − 1, 0, …: a data set in which no class is missing."""
    return noise(spec, n)[0], np.arange(n) % _classes(spec)


def _classes(spec: Spec) -> int:
    graph = build_graph(spec)
    return volume(infer_shapes(graph)[outputs_of(spec, graph)[0]])
