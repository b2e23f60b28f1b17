"""Pretrained weights: how much of the network they fill. The training is set up here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from netspec.doctor.check import Check, Needs
from netspec.doctor.finding import Finding, ok, skipped, warning
from netspec.doctor.patient import Patient
from netspec.look import count

LEAST = 0.5
"""A smaller share of the parameters that is loaded is told: most of what was learned stays behind."""


class WeightsLoaded(Check):
    """The load report in numbers of parameters, not of tensors."""

    title: ClassVar[str] = "weights"
    place: ClassVar[int] = 40
    needs: ClassVar[Needs] = "fit"

    def examine(self, patient: Patient) -> Iterator[Finding]:
        patient.start()
        report, layout = patient.report, patient.program.layout
        if report is None:
            yield from _without_weights(patient)
            return
        sizes = {name: math.prod(entry.tensor.shape) for name, entry in layout.parameters.items()}
        total, loaded = sum(sizes.values()), sum(sizes.get(name, 0) for name in report.loaded)
        told = f"{count(loaded)} of {count(total)} parameters ({_percent(loaded, total)}) from {Path(report.source).name}; "
        told += f"tensors: {report.describe()}"
        values = {"loaded": loaded, "parameters": total}
        if loaded < LEAST * total:
            remedy = "see whether names or shapes differ from the file's; [transfer] rename brings them together"
            yield warning(told, remedy, **values)
        else:
            yield ok(told, **values)


def _without_weights(patient: Patient) -> Iterator[Finding]:
    """Frozen layers without weights keep random values for good."""
    layers = [entry.layer for entry in patient.program.layout.parameters.values()]
    frozen = list(dict.fromkeys(name for name in layers if name in patient.program.frozen))
    if not frozen:
        yield skipped("no pretrained weights: all parameters begin with random values")
        return
    shown = ", ".join(frozen[:6]) + (", …" if len(frozen) > 6 else "")
    remedy = "name weights under [transfer] or with --weights, or unfreeze them"
    yield warning(f"{shown}: frozen at random initial values, because no weights are loaded", remedy, frozen=frozen)


def _percent(part: int, whole: int) -> str:
    """Four digits, cut off: 99.996 % is not all."""
    return f"{10_000 * part // max(whole, 1) / 100:g} %"
