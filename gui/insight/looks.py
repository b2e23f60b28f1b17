"""The looks at the shown run, as its trainer leaves them: read while it goes on, shared by all panels of a window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from gui.desk import Desk
from netspec.look import plural
from netspec.training.insight_files import Look, LookReader, read_arrays, want_insight
from netspec.training.run_folder import INSIGHT, RUNNING

EVERY, SOON = 400, 10
"""Milliseconds between two looks at the folder, and while there is more to be read."""
AT_ONCE = 400_000
"""Bytes of looks that are read at once: the window must not stand still for a long history."""


class RunLooks(QObject):
    """Looks by lane; which lane, which pair of classes and which sample the panels show."""

    changed = Signal()
    """There are new looks, another lane, or another run."""
    cell_changed = Signal()
    sample_wanted = Signal(str, int)
    """Look at this sample (part, row) in the network."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.run: Path | None = None
        self.lanes: dict[str, list[Look]] = {}
        """Looks by the name of the optimizer."""
        self.types: dict[str, str] = {}
        """Type of each lane's optimizer."""
        self.classes: list[str] | None = None
        self.lane = ""
        self.cell: tuple[int, int] | None = None
        self._cannot_ask = ""
        """Why the trainer of this run cannot be asked for looks; empty when it can."""
        self._files: dict[Path, LookReader] = {}
        self._of_file: dict[Path, str] = {}
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self.read)
        desk.run_changed.connect(self._change_run)
        self._change_run()

    def of(self, kind: str) -> list[Look]:
        """The looks of one kind at the chosen lane, oldest first."""
        return [look for look in self.lanes.get(self.lane, ()) if look["look"] == kind]

    @property
    def is_going_on(self) -> bool:
        """Whether the run is being trained, or about to be."""
        return self.run is not None and ((self.run / RUNNING).exists() or not (self.run / "history.jsonl").exists())

    def why_none(self, what: str) -> str:
        """Why there is nothing to show yet; what: "The confusion matrix appears with the first validation"."""
        if self.run is None:
            return f"No run is shown. {what}."
        if self.is_going_on:
            return self._cannot_ask or f"{what}."
        return "Nobody looked inside while this run was trained. Show a run in this window, or train with --insight."

    def choose_lane(self, lane: str) -> None:
        """Show this optimizer's looks."""
        if lane != self.lane:
            self.lane = lane
            self.changed.emit()

    def choose_cell(self, cell: tuple[int, int] | None) -> None:
        """Show the samples of this true and predicted class, or all."""
        if cell != self.cell:
            self.cell = cell
            self.cell_changed.emit()

    def worst(self) -> dict[str, NDArray[Any]] | None:
        """The worst samples of the last validation of the chosen lane."""
        file = next((file for file, lane in self._of_file.items() if lane == self.lane), None)
        return read_arrays(file.with_name(file.name.replace("lane", "worst", 1)).with_suffix(".npz")) if file else None

    def read(self) -> None:
        """Take in what is new in the folder."""
        if self.run is None:
            return
        if not self.types:
            self._read_start()
        try:
            news = [self._read_file(file) for file in sorted((self.run / INSIGHT).glob("lane*.jsonl"))]
        except (OSError, ValueError, KeyError) as problem:  # somebody has changed or taken away the files
            self._timer.stop()
            self._desk.message(f"{self.run / INSIGHT}: cannot be read ({problem})")
            return
        self._timer.setInterval(SOON if any(news) else EVERY)
        if any(news):
            self.changed.emit()

    def _read_file(self, file: Path) -> bool:
        reader = self._files.setdefault(file, LookReader(file))
        before = reader.damaged
        looks, is_new = reader.read(AT_ONCE)
        if reader.damaged > before:
            self._desk.message(f"{file}: left out {plural(reader.damaged, 'line')} that cannot be read")
        if is_new and file in self._of_file:
            self.lanes[self._of_file[file]].clear()
        for look in looks:
            self._of_file[file] = look["optimizer"]
            self.lanes.setdefault(look["optimizer"], []).append(look)
            self.lane = self.lane or next(iter(self.types), look["optimizer"])
        return bool(looks) or is_new

    def _read_start(self) -> None:
        """Lanes and classes, from the history's first line."""
        assert self.run is not None
        try:
            with (self.run / "history.jsonl").open(encoding="utf-8") as stream:
                line = json.loads(stream.readline())
        except (OSError, ValueError):
            return
        self.types = dict(zip(line.get("optimizers", ()), line.get("types", ()), strict=False))
        self.classes = line.get("classes")

    def _change_run(self) -> None:
        self.run = self._desk.run_folder
        self.lanes, self.types, self.classes, self.lane, self.cell = {}, {}, None, "", None
        self._files, self._of_file, self._cannot_ask = {}, {}, ""
        if self.run is None:
            self._timer.stop()
        else:
            self._timer.start()
            self._ask(self.run)
            self.read()
        self.changed.emit()
        self.cell_changed.emit()

    def _ask(self, run: Path) -> None:
        """Ask the trainer for looks, if there is one. A folder that may only be read is shown all the same."""
        try:
            if run.is_dir() and self.is_going_on:
                want_insight(run)
        except OSError as problem:
            why = problem.strerror or str(problem)
            self._cannot_ask = (
                f"{run / INSIGHT}: no looks at this run can be asked for, as the folder cannot be written ({why}). "
                "Make it writable and show the run again, or train with --insight."
            )
            self._desk.message(self._cannot_ask)


def looks_of(desk: Desk) -> RunLooks:
    """The one of this window."""
    found = desk.findChild(RunLooks)
    return found if isinstance(found, RunLooks) else RunLooks(desk)
