"""The learning rate lies where the range test sees the loss fall. Made when it is asked for: it takes 40 to 100 steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok, skipped, warning
from netspec.doctor.patient import Patient
from netspec.range_test.curve import MINIMUM, STEEPEST, LaneCurve
from netspec.range_test.find import range_test
from netspec.range_test.sweep import Range

HIGH, SLOW = 3.0, 100.0
"""A rate so many times above the lowest point makes the loss rise; one so many times below the steepest descent hardly moves
anything."""


class Rate(Check):
    """Against the suggestions of `netspec lr-find`."""

    title: ClassVar[str] = "lr-find"
    place: ClassVar[int] = 120
    optional: ClassVar[bool] = True

    def examine(self, patient: Patient) -> Iterator[Finding]:
        for lane in range_test(patient.training, Range()).lanes:
            yield _judged(lane, patient.prefix(lane.label))


def _judged(lane: LaneCurve, label: str) -> Finding:
    found, lr = lane.suggestions, lane.usual
    if not found:
        return skipped(f"{label}lr {lr:g} is not judged: {lane.warning}")
    told = f"{label}lr {lr:g}; " + ", ".join(f"{rule} {rate:.2g}" for rule, rate in found.items())
    values = {"lr": lr, **found}
    remedy = f"try lr = {found.get(MINIMUM, found[STEEPEST]):.1g}"
    if MINIMUM in found and lr > HIGH * 10 * found[MINIMUM]:
        return failed(f"{told}: far above the rate at which the loss is lowest, so that it rises", remedy, **values)
    if MINIMUM in found and lr > 10 * found[MINIMUM]:
        return warning(f"{told}: above the rate at which the loss is lowest", remedy, **values)
    if lr * SLOW < found[STEEPEST]:
        return warning(f"{told}: more than {SLOW:g} times below the steepest descent", remedy, **values)
    return ok(told, **values)
