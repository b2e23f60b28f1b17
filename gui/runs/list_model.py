"""The runs of a folder as a table, read again when something has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont

from gui import runner
from gui.left_headers import LeftHeadersModel
from gui.runs.finding import LABEL as LABEL_FILE
from gui.runs.finding import begun, folders_in, is_run, label_of, set_label
from gui.runs.order import STATUS, TRAINER
from gui.runs.progress import Standing
from gui.runs.summary import Summary, summarize
from gui.theme import current_theme
from netspec.look import duration
from netspec.training.run_folder import CLOSING, RUNNING, START

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("", "run", "standing", "optimizers", "best", "test", "epochs", "steps", "time", "started")
SHOWN, LABEL, STANDING = range(3)
AT_ONCE = 0.012
"""Seconds of reading at a time."""
SETTLED = 2_000_000_000
"""Nanoseconds after which no file system gives the same time to a later change."""
WATCHED = (".", START, "history.jsonl", LABEL_FILE, f"{START}/{STATUS}", f"{START}/{TRAINER}", RUNNING, CLOSING)


class RunListModel(LeftHeadersModel):
    """One run a row, the latest first. The check mark lays a run over the plots; the name can be changed."""

    columns = COLUMNS

    overlaid = Signal(Path, bool)
    renamed = Signal(Path)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None
        self.runs: list[Summary] = []
        self.main: Path | None = None
        self.overlays: set[Path] = set()
        self._known: dict[str, _Look] = {}
        self._work: Iterator[None] = iter(())
        """What is left to be read."""
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._go_on)

    def show_folder(self, folder: Path | None) -> None:
        """List the runs there."""
        self.folder = folder
        self.refresh()

    def refresh(self) -> None:
        """Read what has changed since; of many runs some now and the others right after, so that the window can answer."""
        self._work = self._pass()
        self._go_on()

    def read_all(self) -> None:
        """Read up to the end what `refresh` has begun, however long that takes: for tests."""
        for _ in self._work:
            pass

    def _go_on(self) -> None:
        until = time.perf_counter() + AT_ONCE
        for _ in self._work:
            if time.perf_counter() > until:
                self._turn.start()
                return
        self._turn.stop()

    def _pass(self) -> Iterator[None]:
        """First which runs there are, then what has changed in each; may be left at every `yield`."""
        looks: list[_Look] = []
        for path in folders_in(self.folder):
            if (look := self._look_at(path)) is not None:
                looks.append(look)
            yield
        looks.sort(key=lambda look: (look.begun, look.run.name), reverse=True)
        self._known = {str(look.run): look for look in looks}
        self._show_all([look.summary for look in looks])
        for row, look in enumerate(looks):
            if look.is_behind:
                look.summary, look.is_behind = summarize(look.run), False
                self._show_one(row, look.summary)
                yield

    def _show_all(self, runs: list[Summary]) -> None:
        if [run.folder for run in runs] != [run.folder for run in self.runs]:
            self.beginResetModel()
            self.runs = runs
            self.endResetModel()
        elif runs != self.runs:
            self.runs = runs
            self.tell_changed()

    def _show_one(self, row: int, run: Summary) -> None:
        if self.runs[row] != run:
            self.runs[row] = run
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def _look_at(self, path: str) -> _Look | None:
        """What is known of a folder, None when it holds no run; `is_behind` when its files, or its trainer, have changed."""
        stamp, known = _stamp(path), self._known.get(path)
        if known is not None and known.stamp == stamp and known.is_settled():
            return known
        run = Path(path)
        if not is_run(run):
            return None
        is_alive = runner.is_alive(run)
        if known is not None and (known.stamp, known.is_alive) == (stamp, is_alive):
            return known
        summary = known.summary if known is not None else Summary(run, label_of(run), Standing("none", "…"))
        return _Look(run, stamp, is_alive, begun(run), summary)

    def tell_changed(self) -> None:
        """Every cell may be another."""
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, len(COLUMNS) - 1))

    def row_of(self, run: Path | None) -> int:
        """Its row; -1 when it is not listed."""
        return next((row for row, listed in enumerate(self.runs) if listed.folder == run), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.runs)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == SHOWN:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == LABEL else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, column = self.runs[index.row()], index.column()
        if role == Qt.ItemDataRole.CheckStateRole and column == SHOWN:
            is_shown = run.folder == self.main or run.folder in self.overlays
            return Qt.CheckState.Checked if is_shown else Qt.CheckState.Unchecked
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return _cells(run)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join([str(run.folder), run.standing.words, *run.warnings])
        if role == Qt.ItemDataRole.FontRole and column == LABEL and run.folder == self.main:
            return _bold()
        if role == Qt.ItemDataRole.ForegroundRole and column == STANDING:
            theme = current_theme()
            tones = {"ok": theme.ok, "warning": theme.warning, "error": theme.error}
            return QColor(tones.get(run.standing.tone, theme.text))
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        run = self.runs[index.row()].folder
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == SHOWN:
            self.overlaid.emit(run, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and index.column() == LABEL:
            try:
                set_label(run, str(value))
            except OSError as problem:
                self.failed.emit(f"{run.name} cannot be renamed: {problem.strerror}")
                return False
            self.refresh()
            self.renamed.emit(run)
            return True
        return False


def _cells(run: Summary) -> tuple[str, ...]:
    time = "" if run.seconds is None else duration(run.seconds)
    words = {"training": "training", "paused": "paused", "preparing": "starting", "finishing": "evaluating"}
    stands = words.get(run.standing.phase, run.standing.words)
    return ("", run.label, stands, ", ".join(run.optimizers), run.best, run.test, run.epochs, run.steps, time, run.started)


def _bold() -> QFont:
    font = QFont()
    font.setWeight(QFont.Weight.DemiBold)
    return font


@dataclass
class _Look:
    """A run as it was found. is_behind: whether `summary` is older than that."""

    run: Path
    stamp: tuple[int, ...]
    is_alive: bool
    begun: float
    summary: Summary
    is_behind: bool = True

    def is_settled(self) -> bool:
        """Whether nothing can have changed while the stamp has not: nobody trains it, and file times are not too coarse."""
        return not self.is_alive and time.time_ns() - max(self.stamp) > SETTLED


def _stamp(run: str) -> tuple[int, ...]:
    """When a run's files were last written to; a trainer that comes or goes makes, writes or removes one of them."""
    return tuple(_written(f"{run}/{name}") for name in WATCHED)


def _written(file: str) -> int:
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - making a Path takes longer than the look
    except OSError:
        return 0
