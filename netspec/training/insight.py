"""Looks inside a run while it trains, for the desktop program and for `netspec train --insight`; see insight_files.py.

Nothing is looked at unless the run folder has the file insight/wanted. Parameters and activations are looked at in steps
1, 2, 5, 10, 20, 50, …, in the step that ends an epoch and in one after which a validation follows; the confusion matrix and the
worst samples in every validation. No look changes a bit of the training: parameters are read, activations are computed in
memory of their own, and the gradients are those of the step itself.
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
from netspec.training.insight_files import append_look, cut_looks, is_wanted, write_arrays
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

    def is_wanted(self) -> bool:
        """Whether somebody looks; asks the disk, so it is called only when a look is due."""
        return self.folder is not None and is_wanted(self.folder.path)

    def resume(self, step: int, labels: list[str]) -> None:
        """Forget looks after the step at which the run goes on."""
        assert self.folder is not None
        for label in labels:
            cut_looks(self._lines(label), step)

    @contextmanager
    def step(self, training: Training, run: LaneRun, *, is_due: bool) -> Iterator[None]:
        """Around one step of a lane: looks at what it did, when that is due and wanted."""
        if not is_due or not self.is_wanted():
            yield
            return
        lane, layout = run.lane, training.program.start.layout
        before = lane.memory["parameters"][: layout.updated_size].copy()
        run.keeps_gradients = True
        try:
            yield
        finally:
            run.keeps_gradients = False
        where = {"optimizer": run.label, "step": lane.step, "epoch": training.position.epoch + 1}
        tensors = look_at_tensors(layout, lane.memory, before)
        append_look(self._lines(run.label), {"look": "tensors", **where, "lr": run.lr, "tensors": tensors})
        append_look(self._lines(run.label), {"look": "units", **where, **self._look_at_units(training, run)})

    def _look_at_units(self, training: Training, run: LaneRun) -> dict[str, Any]:
        """The layers, or why they cannot be looked at."""
        data = training.data
        part = data.validation if data.validation is not None else data.train
        if self._cannot is None:
            try:
                self._units = self._units or Units(training.program, part, data.normalization)
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
        append_look(self._lines(run.label), look)
        arrays = worst_arrays(watched.chosen(), part, training.data.normalization, step=step, epoch=epoch)
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
