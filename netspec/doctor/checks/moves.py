"""The freeze proof in small: frozen tensors keep their bits, and every trainable tensor moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok, warning
from netspec.doctor.patient import Patient
from netspec.look import plural
from netspec.training.contract import Array
from netspec.training.lane_run import LaneRun
from netspec.training.movement import multipliers, without_effect

STEPS = 3


class Moves(Check):
    """Every lane takes a few steps with the spec's rate, the schedule left aside: a warm-up would begin near 0."""

    title: ClassVar[str] = "freezing"
    place: ClassVar[int] = 90

    def examine(self, patient: Patient) -> Iterator[Finding]:
        for run in patient.lanes:
            yield from self._lane(patient, run, patient.prefix(run.label))

    def _lane(self, patient: Patient, run: LaneRun, label: str) -> Iterator[Finding]:
        moved = moved_tensors(patient, run)
        kept, still, resting = sorted_out(patient, moved)
        broken = [name for name in kept if moved[name]]
        if broken:
            remedy = "no result can be trusted; please report this defect of netspec"
            yield failed(f"{label}frozen, but changed in {STEPS} steps: {_some(broken)}", remedy, tensors=broken)
        if still:
            rate = f"lr = {run.lane.optimizer.lr:g}"
            remedy = f"raise the rate ({rate}; netspec lr-find shows which), or see the gradients above"
            yield failed(f"{label}trainable, but unmoved in {STEPS} steps with {rate}: {_some(still)}", remedy, tensors=still)
        if resting:
            yield warning(
                f"{label}trainable, but with lr_mult = 0: {_some(resting)}", "write frozen = true, which saves their work",
                tensors=resting,
            )  # fmt: skip
        if not (broken or still):
            moving = sum(moved[name] for name in multipliers(patient.program.layout))
            frozen = f"{plural(len(kept), 'frozen tensor')} unchanged to the bit, " if kept else ""
            told = f"{label}{STEPS} steps: {frozen}{plural(moving, 'trainable tensor')} moved"
            yield ok(told, frozen=len(kept), moved=moving)


def sorted_out(patient: Patient, moved: Mapping[str, bool]) -> tuple[list[str], list[str], list[str]]:
    """Tensors that must not move; those that should have moved and have not; those that rest with a rate of 0."""
    program = patient.program
    layout, frozen = program.layout, program.frozen
    rates = multipliers(layout)
    kept = [name for name, entry in layout.parameters.items() if entry.layer in frozen]
    kept += [name for name, entry in layout.states.items() if entry.layer in frozen & program.start.inference_mode]
    idle = without_effect(program.start)
    unmoved = [name for name in rates if not moved[name] and name not in idle]
    resting = [name for name in unmoved if rates[name] == 0]
    return kept, [name for name in unmoved if rates[name] != 0], resting


def moved_tensors(patient: Patient, run: LaneRun) -> dict[str, bool]:
    """Tensor → whether a few steps have changed any of its bits."""
    batch = patient.batch()
    with patient.untouched():
        before = _copies(run)
        y = patient.targets(run, batch)
        for _ in range(STEPS):
            run.lane.train_step(batch.feed, y, lr=run.lane.optimizer.lr)
        after = _copies(run)
    return {name: before[name].tobytes() != after[name].tobytes() for name in before}


def _copies(run: LaneRun) -> dict[str, Array]:
    return {name: np.asarray(array) for name, array in run.lane.tensors().items()}


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f", … {len(names) - 6} more" if len(names) > 6 else "")
