"""What cannot be trained, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.problems import Path, Problem, SpecError, error

if TYPE_CHECKING:
    from netspec.spec.model import Spec


class TrainError(Exception):
    """A run cannot start or go on; `message` says what and where, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message = message
        self.hint = hint


def spec_problem(spec: Spec, code: str, path: Path, message: str, hint: str) -> Problem:
    """A problem of the spec at the place where its text says `path`."""
    return error(code, path, spec.origin.locate(path), message, hint)


def refuse(spec: Spec, code: str, path: Path, message: str, hint: str) -> SpecError:
    """The same as an exception to raise."""
    return SpecError([spec_problem(spec, code, path, message, hint)])
