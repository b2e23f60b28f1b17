"""The targets are what the losses read, and the network has an output for each class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.datasets.base import label_counts
from netspec.doctor.check import Check, Needs
from netspec.doctor.finding import Finding, ok, warning
from netspec.doctor.patient import Patient
from netspec.look import shape
from netspec.training.targets import check_targets

SKEW = 20
"""So many times more samples of one class than of another are told."""


class ClassesFit(Check):
    """Targets against losses and outputs; classes without samples, and rare ones."""

    title: ClassVar[str] = "classes"
    place: ClassVar[int] = 30
    needs: ClassVar[Needs] = "data"

    def examine(self, patient: Patient) -> Iterator[Finding]:
        data, shapes = patient.loaded, patient.program.lanes[0].loss_shapes
        check_targets(patient.spec, data, shapes)
        outputs = ", ".join(shape(one) for one in shapes) or "nothing"
        if data.classes is None:
            yield ok(f"targets of {shape(data.train.y.shape[1:] or (1,))} numbers; the loss reads {outputs}")
            return
        counts = {name: number for name, number in label_counts(data.train.y, data.classes).items() if name in data.classes}
        absent = [name for name, number in counts.items() if number == 0]
        least, most = min(counts.values()), max(counts.values())
        told = f"{len(data.classes)} classes, the loss reads an output of {outputs}; {least} to {most} {data.counted} a class"
        if absent:
            remedy = "add samples of it, take it out of the classes, or choose another seed for the split"
            yield warning(f"{told}; none in the training part: {', '.join(absent[:6])}", remedy, **counts)
        elif most > SKEW * least:
            remedy = "class_weights under [loss] make up for it; watch recall and f1, not accuracy alone"
            yield warning(f"{told}: a factor of {most / least:.0f}", remedy, **counts)
        else:
            yield ok(told, **counts)
