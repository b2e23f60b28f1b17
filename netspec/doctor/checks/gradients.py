"""Gradients reach every trainable layer and no frozen one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok
from netspec.doctor.patient import Patient
from netspec.look import plural
from netspec.training.movement import multipliers, without_effect

STEPS = 3
"""A gradient may be 0 in the first step, behind a scale that begins with 0; later it must not."""


class Gradients(Check):
    """Those of a few steps of the first lane: all lanes have the same gradients at first."""

    title: ClassVar[str] = "gradients"
    place: ClassVar[int] = 80

    def examine(self, patient: Patient) -> Iterator[Finding]:
        reached = largest(patient)
        layout, frozen = patient.program.layout, patient.program.frozen
        learning, idle = list(multipliers(layout)), without_effect(patient.program.start)
        aside = [
            name for name, entry in layout.parameters.items() if entry.layer not in frozen and name not in learning
        ]
        wrong = [name for name in reached if layout.parameters[name].layer in frozen]
        zero = [name for name in learning if not reached.get(name) and name not in idle]
        if wrong:
            yield failed(f"frozen, but with a gradient: {_some(wrong)}", "please report this defect of netspec", tensors=wrong)
        if aside:
            remedy = "let the loss read what is computed from them, freeze them, or remove them"
            yield failed(f"the loss does not depend on {_some(aside)}", remedy, tensors=aside)
        if zero:
            remedy = "look for dead units below, an activation that is cut off, or a factor of 0 on the way to the loss"
            yield failed(f"gradient 0 in {STEPS} steps: {_some(zero)}", remedy, tensors=zero)
        if not (wrong or aside or zero):
            weakest = min((name for name in learning if name not in idle), key=lambda name: reached[name])
            others = f", none of {plural(len(frozen), 'frozen layer')}" if frozen else ""
            told = f"reach {plural(len(learning), 'trainable tensor')}{others}"
            told += f"; weakest: {weakest}, at most {reached[weakest]:.1e}"
            yield ok(told, **{weakest: reached[weakest]})


def largest(patient: Patient) -> dict[str, float]:
    """Tensor → the largest absolute entry of its gradient in any of the steps."""
    lane, run, batch = patient.program.lanes[0], patient.lanes[0], patient.batch()
    found: dict[str, float] = {}
    with patient.untouched():
        y = patient.targets(run, batch)
        for _ in range(STEPS):
            lane.train_step(batch.feed, y, lr=run.lane.optimizer.lr, keeps_gradients=True)
            for name, gradient in lane.gradients().items():
                found[name] = max(found.get(name, 0.0), float(np.abs(gradient).max(initial=0.0)))
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f", … {len(names) - 6} more" if len(names) > 6 else "")
