"""Which strategy fits the amount of data: hints with their numbers, never more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, hint, skipped
from netspec.doctor.patient import Patient
from netspec.doctor.pretraining import of_file
from netspec.training.advice import advise, facts_of


class Advice(Check):
    """See netspec/training/advice.py."""

    title: ClassVar[str] = "advice"
    place: ClassVar[int] = 130

    def examine(self, patient: Patient) -> Iterator[Finding]:
        path = patient.weights_path
        known = of_file(path) if path is not None else None
        loaded = patient.report.loaded if patient.report is not None else ()
        facts = facts_of(patient.program, patient.loaded, loaded, known.samples if known else None)
        found = list(advise(facts))
        for advice in found:
            yield hint(advice.message, advice.remedy, **advice.values)
        if not found:
            yield skipped(f"none: {facts.per_sample:.3g} trainable parameters a sample, no pretrained weights")
