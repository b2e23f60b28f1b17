"""What a check is, and the list of all of them."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Literal

from netspec.doctor.finding import Finding
from netspec.doctor.patient import Patient

Needs = Literal["spec", "data", "fit", "training"]
"""What must have succeeded before: nothing; reading the data; their fit to the network; everything up to the first step."""


class Check(ABC):
    """One thing that is examined. It leaves the patient as it was, and raises only what is the user's to put right."""

    title: ClassVar[str]
    """A word or two for the first column."""
    place: ClassVar[int]
    """Where it stands in the order: what others build upon, and what is quick, comes first."""
    needs: ClassVar[Needs] = "training"
    optional: ClassVar[bool] = False
    """Made only when it is asked for by its title."""

    @abstractmethod
    def examine(self, patient: Patient) -> Iterator[Finding]:
        """What it finds, at least one line."""


@cache
def checks() -> tuple[Check, ...]:
    """One of each check in netspec/doctor/checks, in their order."""
    root = importlib.import_module("netspec.doctor.checks")
    found: list[Check] = []
    for info in pkgutil.iter_modules(root.__path__):
        module = importlib.import_module(f"{root.__name__}.{info.name}")
        kinds = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, Check)]
        found += [kind() for kind in kinds if kind.__module__ == module.__name__]
    return tuple(sorted(found, key=lambda check: check.place))
