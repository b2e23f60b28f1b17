"""The data can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.doctor.check import Check, Needs
from netspec.doctor.finding import Finding, ok
from netspec.doctor.patient import Patient
from netspec.look import count, plural


class DataCheck(Check):
    """Reads all parts, as the training will."""

    title: ClassVar[str] = "data"
    place: ClassVar[int] = 10
    needs: ClassVar[Needs] = "spec"

    def examine(self, patient: Patient) -> Iterator[Finding]:
        data = patient.read()
        parts = {name: len(part) for name, part in data.parts().items()}
        told = ", ".join(f"{count(samples)} {name}" for name, samples in parts.items())
        classes = f"; {plural(len(data.classes), 'class').replace('classs', 'classes')}" if data.classes is not None else ""
        yield ok(f"{told} samples{classes}", **parts)
