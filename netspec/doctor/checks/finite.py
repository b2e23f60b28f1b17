"""No value of a training step is NaN or infinite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok
from netspec.doctor.patient import Patient


class Finite(Check):
    """Replays forward and backward call by call."""

    title: ClassVar[str] = "NaN"
    place: ClassVar[int] = 50

    def examine(self, patient: Patient) -> Iterator[Finding]:
        run, batch = patient.lanes[0], patient.batch()
        with patient.untouched():
            found = run.lane.find_nonfinite(batch.feed, patient.targets(run, batch))
        if found is None:
            yield ok("no NaN and no infinity in any value, forward and backward")
            return
        layer, tensor, direction = found
        remedy = {
            "parameters": "the weights hold it already: load others, or another initializer",
            "forward": "look at the layer's inputs: normalize the data, choose smaller initial weights",
        }.get(direction, "look at the layer above it: a logarithm of 0, a division by a spread of 0")
        yield failed(f"{layer}: {tensor} is NaN or infinite ({direction})", remedy, layer=layer, tensor=tensor)
