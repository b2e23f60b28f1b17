"""Units that are 0 for every sample, and values pressed against the end of their activation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.doctor.check import Check
from netspec.doctor.finding import Finding, failed, ok, skipped, warning
from netspec.doctor.patient import Patient
from netspec.training.insight_units import Units

MANY = 0.5
"""A share of dead units, or of saturated values, above this is told; with all of them a layer passes nothing on."""
ALL = 0.95
"""Share of saturated values above which a layer passes next to no gradient."""


class DeadUnits(Check):
    """Activation layers on up to 128 samples, in inference mode."""

    title: ClassVar[str] = "units"
    place: ClassVar[int] = 100

    def examine(self, patient: Patient) -> Iterator[Finding]:
        data = patient.loaded
        with patient.untouched():
            units = Units(patient.program, data.train, data.normalization, data.finish)
            looks = units.look(patient.program.lanes[0])
        if not looks:
            yield skipped("no activation layers")
            return
        found = [finding for name, look in looks.items() for finding in _judged(name, look)]
        yield from found
        if not found:
            yield ok(f"{_summary(looks)} on {max(look['samples'] for look in looks.values())} samples")


def _judged(name: str, look: dict[str, Any]) -> Iterator[Finding]:
    dead, units, saturated = look["dead"], look["units"], look["saturated"]
    remedy = "look at the biases and weights before it, and at the normalization of its input; a smaller rate kills fewer"
    if dead is not None and len(dead) == units:
        yield failed(f"{name}: all {units} units are 0 for all {look['samples']} samples", remedy, dead=units, units=units)
    elif dead is not None and len(dead) > MANY * units:
        told = f"{name}: {len(dead)} of {units} units are 0 for all {look['samples']} samples"
        yield warning(told, remedy, dead=len(dead), units=units)
    if saturated is not None and saturated > MANY:
        told = f"{name}: {100 * saturated:.0f} % of its values are saturated, where next to no gradient passes"
        wrong = "smaller initial weights, or a normalization before it, bring them back"
        yield (failed if saturated > ALL else warning)(told, wrong, saturated=saturated)


def _summary(looks: dict[str, dict[str, Any]]) -> str:
    counted = [look for look in looks.values() if look["dead"] is not None]
    ended = [look["saturated"] for look in looks.values() if look["saturated"] is not None]
    parts = []
    if counted:
        dead, units = sum(len(look["dead"]) for look in counted), sum(look["units"] for look in counted)
        parts.append(f"{dead} of {units} units are dead")
    if ended:
        parts.append(f"at most {100 * max(ended):.0f} % of a layer's values are saturated")
    return ", ".join(parts) or f"{len(looks)} activation layers without an end or a dead point"
