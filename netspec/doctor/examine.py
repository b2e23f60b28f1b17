"""All checks one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from netspec.datasets.base import DataError
from netspec.doctor.check import Check, checks
from netspec.doctor.finding import Finding, failed, skipped
from netspec.doctor.patient import Patient
from netspec.load_report import LoadError
from netspec.problems import SpecError
from netspec.spec.model import Spec
from netspec.training.errors import TrainError
from netspec.training.inputs import DataArgument
from netspec.weights import WeightsError

USERS = (DataError, LoadError, SpecError, TrainError, WeightsError)
"""Errors that are the user's to put right, and so what a check has found."""


def examine(
    spec: Spec,
    data: DataArgument = None,
    *,
    weights: str | Path | None = None,
    threads: int | None = None,
    also: Collection[str] = (),
) -> Iterator[Finding]:
    """Findings in the order of the checks, each handed out as soon as it is there.

    Nothing is written, and nothing of the run exists afterwards. also: titles of optional checks to make. Raises what is
    no fault of the spec, the data or the weights, such as MemoryError.
    """
    patient = Patient(spec, data, weights=weights, threads=threads)
    for check in checks():
        if not check.optional or check.title in also:
            for finding in _findings(check, patient):
                yield replace(finding, check=check.title)


def _findings(check: Check, patient: Patient) -> Iterator[Finding]:
    if not patient.has(check.needs):
        yield skipped("not examined: what failed above comes first")
        return
    try:
        yield from check.examine(patient)
    except USERS as error:
        patient.is_refused = True
        yield from _from_error(error)


def _from_error(error: Exception) -> Iterator[Finding]:
    """An error as what was found; a spec's problems one by one."""
    if isinstance(error, SpecError):
        yield from (failed(problem.message, problem.hint, code=problem.code) for problem in error.problems)
    elif isinstance(error, LoadError):
        yield failed(error.report.describe(), error.hint)
    else:
        yield failed(str(getattr(error, "message", error)), str(getattr(error, "hint", "")))
