"""The samples have the shape of the network's input, and values of a size that networks can work with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netspec.doctor.check import Check, Needs
from netspec.doctor.finding import Finding, failed, ok, warning
from netspec.doctor.patient import Patient
from netspec.layers.base import Layer
from netspec.look import shape
from netspec.training.targets import check_samples

LARGE, HUGE, FLAT = 20.0, 100.0, 0.05
"""Values beyond LARGE are unusual, beyond HUGE they are raw pixels; a spread below FLAT is no signal."""
REMEDY = 'write normalize = "standard" under [data], or { mean = […], std = […] } of pretrained weights'


class InputFits(Check):
    """Shape, and range after normalization."""

    title: ClassVar[str] = "input"
    place: ClassVar[int] = 20
    needs: ClassVar[Needs] = "data"

    def examine(self, patient: Patient) -> Iterator[Finding]:
        check_samples(patient.spec, patient.loaded)
        x = patient.batch().x
        fits = f"samples of {shape(patient.loaded.shape)}, as the network reads them"
        if _reads_indices(patient):
            yield ok(f"{fits}; indices up to {x.max():g}")
            return
        low, high, mean, std = float(x.min()), float(x.max()), float(x.mean(dtype=np.float64)), float(x.std(dtype=np.float64))
        values = {"low": low, "high": high, "mean": mean, "std": std}
        told = f"{fits}; values {low:.3g} … {high:.3g}, mean {mean:.2g}, standard deviation {std:.2g}"
        largest = max(abs(low), abs(high))
        if largest > HUGE:
            yield failed(f"{told}: these look like raw values, far from the usual ±3", REMEDY, **values)
        elif largest > LARGE or std < FLAT:
            yield warning(f"{told}: unusual, a few units around 0 are usual", REMEDY, **values)
        else:
            yield ok(told, **values)


def _reads_indices(patient: Patient) -> bool:
    """Whether a layer reads the input as numbers of rows."""
    graph = patient.program.graph
    first: list[Layer] = [graph.nodes[reader]["layer"] for name in patient.program.start.inputs for reader in graph[name]]
    return any(layer.type_name() == "embedding" for layer in first)
