"""The runs of a folder as a table, read again when something has changed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont

from gui import runner
from gui.runs.finding import find_runs, label_of, set_label
from gui.runs.progress import Standing
from gui.runs.summary import Summary, summarize
from gui.theme import current_theme
from netspec.look import duration
from netspec.training.run_folder import CLOSING

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("", "run", "standing", "optimizers", "best", "test", "epochs", "steps", "time", "started")
SHOWN, LABEL, STANDING = range(3)
AT_ONCE = 0.012
"""Seconds of reading at a time."""


class RunListModel(QAbstractTableModel):
    """One run a row, the latest first. The check mark lays a run over the plots; the name can be changed."""

    overlaid = Signal(Path, bool)
    renamed = Signal(Path)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None
        self.runs: list[Summary] = []
        self.main: Path | None = None
        self.overlays: set[Path] = set()
        self._known: dict[Path, tuple[object, Summary]] = {}
        self._until, self._is_behind = 0.0, False

    def show_folder(self, folder: Path | None) -> None:
        """List the runs there."""
        self.folder = folder
        self.refresh()

    def refresh(self) -> None:
        """Read what has changed since; of many runs some now and the others right after, so that the window can answer."""
        self._until = time.perf_counter() + AT_ONCE
        self._is_behind = False
        runs = [self._summary(run) for run in (find_runs(self.folder) if self.folder is not None else [])]
        if self._is_behind:
            QTimer.singleShot(0, self, self.refresh)
        if [run.folder for run in runs] != [run.folder for run in self.runs]:
            self.beginResetModel()
            self.runs = runs
            self.endResetModel()
        elif runs != self.runs:
            self.runs = runs
            self.tell_changed()

    def _summary(self, run: Path) -> Summary:
        """Read again only when its files have changed, or its trainer has come or gone."""
        stamp = (
            runner.is_alive(run),
            *(_stamp(run / name) for name in ("history.jsonl", "label.txt", "start/status.json", CLOSING)),
        )
        known = self._known.get(run)
        if known is None or known[0] != stamp:
            if time.perf_counter() > self._until:
                self._is_behind = True
                return known[1] if known is not None else Summary(run, label_of(run), Standing("none", "…"))
            self._known[run] = known = (stamp, summarize(run))
        return known[1]

    def tell_changed(self) -> None:
        """Every cell may be another."""
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, len(COLUMNS) - 1))

    def row_of(self, run: Path | None) -> int:
        """Its row; -1 when it is not listed."""
        return next((row for row, listed in enumerate(self.runs) if listed.folder == run), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

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


def _stamp(file: Path) -> object:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
