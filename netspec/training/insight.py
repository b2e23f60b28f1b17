"""Looks inside a run while it trains, for the desktop program and for `netspec train --insight`; see insight_files.py.

Nothing is looked at unless the run folder has the file insight/wanted. Parameters and activations are looked at in steps
1, 2, 5, 10, 20, 50, …, in the step that ends an epoch and in one after which a validation follows, as far as
insight_pace.py allows; the confusion matrix and the worst samples in every validation. No look changes a bit of the
training: parameters are read, activations are computed in memory of their own, and the gradients are those of the step
itself. Nor does one end it: where the folder cannot be written a warning says so, and no more looks are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.datasets.base import Part
from netspec.room import NotEnoughMemoryError
from netspec.training.insight_files import append_look, cut_looks, is_wanted, want_insight, write_arrays
from netspec.training.insight_pace import Pace
from netspec.training.insight_tensors import look_at_tensors
from netspec.training.insight_units import Units
from netspec.training.insight_worst import Worst, cells, worst_arrays
from netspec.training.run_folder import INSIGHT, RunFolder

if TYPE_CHECKING:
    from netspec.training.evaluate import Evaluation
    from netspec.training.lane_run import LaneRun
    from netspec.training.training import Training

Array = NDArray[Any]


@dataclass
class Insight:
    """What looks at a run; does nothing until somebody wants it."""

    folder: RunFolder | None
    _units: Units | None = field(default=None, init=False)
    _cannot: str | None = field(default=None, init=False)
    _pace: Pace = field(default_factory=Pace, init=False)
    _has_given_up: bool = field(default=False, init=False)
    warnings: list[str] = field(default_factory=list, init=False)
    """What is still to be told."""

    def is_wanted(self) -> bool:
        """Whether somebody looks; asks the disk, so it is called only when a look is due."""
        if self.folder is None or self._has_given_up:
            return False
        with self._writing():
            return is_wanted(self.folder.path)
        return False

    def want(self) -> None:
        """Ask for looks."""
        assert self.folder is not None
        with self._writing():
            want_insight(self.folder.path)

    def resume(self, step: int, labels: list[str]) -> None:
        """Forget looks after the step at which the run goes on."""
        with self._writing():
            for label in labels:
                cut_looks(self._lines(label), step)

    def new_warnings(self) -> list[str]:
        """What is to be told, and is then forgotten."""
        found, self.warnings = self.warnings, []
        return found

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Around what may fail for reasons of the disk: then looking ends, and nothing else."""
        try:
            yield
        except OSError as problem:
            assert self.folder is not None
            self._has_given_up = True
            self.warnings.append(
                f"{self.folder.path / INSIGHT}: looks inside cannot be written ({problem}), so none are taken any more and the "
                "training goes on without them; make the folder writable, and the run takes looks again when it is resumed"
            )

    def looks_at_step(self, training: Training, *, is_last: bool) -> bool:
        """Whether the step in which a look is due is looked at, for all lanes."""
        return self.is_wanted() and self._pace.takes(training.clock.read() - training.clock.before, is_last=is_last)

    @contextmanager
    def step(self, training: Training, run: LaneRun) -> Iterator[None]:
        """Around one step of a lane that is looked at."""
        lane, layout = run.lane, training.program.start.layout
        with self._pace.spending():
            before = lane.memory["parameters"][: layout.updated_size].copy()
        run.keeps_gradients = True
        try:
            yield
        finally:
            run.keeps_gradients = False
        if not self._has_given_up:
            with self._pace.spending():
                self._look(training, run, before)

    def _look(self, training: Training, run: LaneRun, before: Array) -> None:
        """After a step; before: the parameters before it."""
        lane, layout = run.lane, training.program.start.layout
        where = {
            "optimizer": run.label, "step": lane.step, "epoch": training.position.epoch + 1, "skipped": self._pace.skipped
        }  # fmt: skip
        tensors = {"look": "tensors", **where, "lr": run.lr, "tensors": look_at_tensors(layout, lane.memory, before)}
        units = {"look": "units", **where, **self._look_at_units(training, run)}
        with self._writing():
            append_look(self._lines(run.label), tensors)
            append_look(self._lines(run.label), units)

    def _look_at_units(self, training: Training, run: LaneRun) -> dict[str, Any]:
        """The layers, or why they cannot be looked at."""
        data = training.data
        part = data.validation if data.validation is not None else data.train
        if self._cannot is None:
            try:
                self._units = self._units or Units(training.program, part, data.normalization, data.finish)
                return {"layers": self._units.look(run.lane)}
            except NotEnoughMemoryError as problem:
                self._cannot = str(problem)
        return {"layers": {}, "problem": self._cannot}

    def watcher(self, training: Training) -> Worst | None:
        """What watches a validation; None when nobody wants it."""
        return Worst(training.settings.loss) if self.is_wanted() else None

    def validated(
        self, training: Training, run: LaneRun, epoch: int, found: Evaluation, watched: Worst, part: Part, name: str
    ) -> None:
        """After a validation: write its matrix and its worst samples."""
        step, classes = training.position.step, training.data.classes
        look = {
            "look": "validation", "optimizer": run.label, "step": step, "epoch": epoch, "part": name,
            "loss": found.loss, "samples": found.samples, "classes": len(classes) if classes is not None else None,
            "cells": cells(found.confusion) if found.confusion is not None else None,
        }  # fmt: skip
        arrays = worst_arrays(watched.chosen(), part, training.data.normalization, step=step, epoch=epoch)
        with self._writing():
            append_look(self._lines(run.label), look)
            write_arrays(self._worst(run.label), {**arrays, "part": np.asarray(name)})

    def _lines(self, label: str) -> Path:
        assert self.folder is not None
        return looks_file(self.folder, label)

    def _worst(self, label: str) -> Path:
        assert self.folder is not None
        return worst_file(self.folder, label)


def looks_file(folder: RunFolder, label: str) -> Path:
    """The looks at a lane."""
    return folder.path / INSIGHT / f"lane{folder.suffix(label)}.jsonl"


def worst_file(folder: RunFolder, label: str) -> Path:
    """The worst samples of a lane."""
    return folder.path / INSIGHT / f"worst{folder.suffix(label)}.npz"


def is_look_due(step: int) -> bool:
    """Steps 1, 2, 5, 10, 20, 50, …"""
    digits = str(step)
    return digits[0] in "125" and set(digits[1:]) <= {"0"}
