"""The loss before the first step is that of a network without a clue."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok, skipped, warning
from netspec.doctor.patient import Patient
from netspec.training.validation import expected_loss

NEAR, FAR = 0.5, 3.0
"""A loss within this share of the expected one is as it should be; one above FAR times it begins with wrong certainty."""


class LossAtStart(Check):
    """Against ln C for C classes. The lanes of a race begin with the same tensors, so the first stands for all."""

    title: ClassVar[str] = "loss at start"
    place: ClassVar[int] = 60

    def examine(self, patient: Patient) -> Iterator[Finding]:
        run, batch = patient.lanes[0], patient.batch()
        with patient.untouched():
            value = run.lane.evaluate(batch.feed, patient.targets(run, batch))
        assert value is not None
        loss, expected = value.mean, expected_loss(patient.training, run)
        told = f"{loss:.4g} on {len(batch.x)} samples"
        if not math.isfinite(loss):
            yield failed(f"{told}: no number", "see the line on NaN below, and the values of the input above", loss=None)
        elif expected is None:
            yield skipped(f"{told}; no value is expected of {', '.join(one.label() for one in patient.spec.losses)}")
        elif patient.report is not None and not patient.report.fresh:
            yield skipped(f"{told}; undecided would be {expected:.4g}, but all layers are pretrained, none begins anew")
        else:
            yield _judged(loss, expected, f"{told}; undecided is {expected:.4g} {_formula(expected)}".rstrip())


def _judged(loss: float, expected: float, told: str) -> Finding:
    values = {"loss": loss, "expected": expected}
    if abs(loss - expected) <= NEAR * expected:
        return ok(told, **values)
    if loss > FAR * expected:
        remedy = "normalize the input; give the new head small initial weights, or a normalization before it"
        return failed(f"{told}: the untrained network is sure of wrong answers", remedy, **values)
    if loss > expected:
        remedy = "harmless when it falls within a few steps; smaller initial weights of the head begin nearer"
        return warning(f"{told}: begins above", remedy, **values)
    remedy = "see whether the targets are in the input, or the weights were trained on this very task"
    return warning(f"{told}: a network without a clue cannot be so good", remedy, **values)


def _formula(expected: float) -> str:
    classes = round(math.exp(expected))
    return f"(ln {classes})" if classes > 1 and math.isclose(math.log(classes), expected, rel_tol=1e-6) else ""
