"""The network can learn one small batch by heart; one that cannot will not learn a data set either."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok, skipped, warning
from netspec.doctor.patient import Patient
from netspec.training.lane_run import LaneRun
from netspec.training.validation import expected_loss

LEAST, MOST = 20, 100
"""Steps."""
ENOUGH, LEARNED, SLOW = 0.05, 0.6, 0.9
"""Share of the first loss at which it stops; up to which it has learned the batch; above which it has learned nothing."""
KNOWN = 0.1
"""Share of an undecided network's loss below which the batch is known before the first step."""


class Overfits(Check):
    """Every lane, with the spec's rate and without its schedule, on the same samples as they are."""

    title: ClassVar[str] = "overfits"
    place: ClassVar[int] = 110

    def examine(self, patient: Patient) -> Iterator[Finding]:
        for run in patient.lanes:
            label = patient.prefix(run.label)
            yield _judged(losses(patient, run), label, run, expected_loss(patient.training, run), len(patient.batch().x))


def losses(patient: Patient, run: LaneRun) -> list[float]:
    """The loss before each step, on one batch again and again."""
    batch = patient.batch()
    found: list[float] = []
    with patient.untouched():
        y = patient.targets(run, batch)
        for _ in range(patient.steps(len(batch.x), LEAST, MOST) + 1):
            found.append(run.lane.train_step(batch.feed, y, lr=run.lane.optimizer.lr).mean)
            if not math.isfinite(found[-1]) or found[-1] <= ENOUGH * found[0]:
                break
    return found


def _judged(found: list[float], label: str, run: LaneRun, expected: float | None, samples: int) -> Finding:
    first, last, lr = found[0], min(found), run.lane.optimizer.lr
    told = f"{label}one batch of {samples} samples, {len(found) - 1} steps at lr {lr:g}: loss {first:.4g} → {last:.4g}"
    values = {"first": first, "lowest": last, "steps": len(found) - 1, "lr": lr}
    if not all(map(math.isfinite, found)):
        told = f"{label}one batch of {samples} samples: the loss is NaN after {len(found) - 1} steps at lr {lr:g}"
        return failed(told, "lower the rate: netspec lr-find shows where the loss explodes", steps=len(found) - 1, lr=lr)
    if first <= 0 or (expected is not None and first < KNOWN * expected):
        return skipped(f"{told}; it knew the batch before the first step")
    if last <= LEARNED * first:
        return ok(told, **values)
    if last <= SLOW * first:
        remedy = "fine for careful fine-tuning; otherwise netspec lr-find shows a rate at which the loss falls faster"
        return warning(f"{told}: falls slowly", remedy, **values)
    remedy = "try netspec lr-find; see the gradients above; with most layers frozen, unfreeze more"
    return failed(f"{told}: it learns next to nothing", remedy, **values)
