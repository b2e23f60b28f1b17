"""Which weights a panel looks at: the best or the last of the shown run, the initial ones, or those of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QWidget

from gui.desk import Desk
from gui.insight.lanes import LaneChips
from gui.insight.looks import looks_of
from gui.insight.pages import quiet
from netspec.look import count

BEST, LAST, INITIAL, FILE = "best", "last", "initial", "file"
LABELS = {BEST: "Best weights", LAST: "Last weights", INITIAL: "Initial weights", FILE: "Weights of a file …"}
FILTER = "Weights (*.safetensors *.npz)"
SETTLE, PAUSE = 200, 2000
"""Milliseconds to wait after a choice or a change of the text, and after a checkpoint, before anything is computed again."""


class SourceBar(QWidget):
    """The choice, the lanes of a race, and what the answers said about the weights."""

    changed = Signal()
    """Other weights, or another network."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._looks = desk, looks_of(desk)
        self.choice, self.said = QComboBox(), quiet()
        self._file: Path | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.changed)
        self._seen: tuple[object, object] = (None, None)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.choice, LaneChips(self._looks), self.said):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.choice.setAccessibleName("Which weights")
        self.choice.activated.connect(self._choose)
        desk.run_changed.connect(self._offer)
        desk.document.changed.connect(self._follow)
        self._looks.changed.connect(self._follow)
        self._offer()

    def source(self) -> dict[str, Any] | None:
        """As netspec.inside.looks takes it; None when nothing is open."""
        kind = self.choice.currentData()
        if kind in (BEST, LAST) and self._desk.run_folder is not None:
            lane = self._looks.lane or None
            return {"run": str(self._desk.run_folder), "optimizer": lane, "checkpoint": kind}
        state = self._desk.document.state
        if state is None:
            return None
        weights = str(self._file) if kind == FILE and self._file is not None else None
        return {"text": state.text, "format": state.format, "folder": str(state.folder), "weights": weights}

    def tell(self, values: dict[str, Any]) -> None:
        """Say what an answer told about its weights."""
        if values.get("weights") is None:
            self.said.setText(f"not trained: initial values of seed {values.get('seed', 0)}")
            return
        parts = [Path(values["weights"]).name]
        if values.get("epoch") is not None:
            parts.append(f"epoch {values['epoch']}")
        if values.get("step") is not None:
            parts.append(f"step {count(values['step'])}")
        self.said.setText(", ".join(parts))
        self.said.setToolTip(values["weights"])

    def _offer(self) -> None:
        """The choices that there are; a run's best weights are the first choice."""
        before = self.choice.currentData()
        has_run = self._desk.run_folder is not None
        self.choice.clear()
        for kind in (BEST, LAST, INITIAL, FILE) if has_run else (INITIAL, FILE):
            self.choice.addItem(LABELS[kind], kind)
        place = self.choice.findData(before) if before in (INITIAL, FILE) and not has_run else 0
        self.choice.setCurrentIndex(max(place, 0))
        self._follow()

    def _choose(self) -> None:
        if self.choice.currentData() == FILE:
            name, _ = QFileDialog.getOpenFileName(self, "Weights", str(Path.cwd()), FILTER)
            if not name:
                self.choice.setCurrentIndex(0)
            else:
                self._file = Path(name)
        self._follow()

    def _follow(self) -> None:
        """Tell, after a moment, when what `source` says, or what lies in the run's checkpoints, has changed."""
        before, self._seen = self._seen, (self.source(), _stamp(self._desk.run_folder))
        if self._seen[0] != before[0]:
            self._timer.start(SETTLE)
        elif self._seen[1] != before[1] and not self._timer.isActive():  # checkpoints may come faster than answers
            self._timer.start(PAUSE)


def _stamp(run: Path | None) -> tuple[tuple[str, int], ...]:
    """Changes when a checkpoint is written."""
    if run is None:
        return ()
    found = []
    for file in sorted((run / "checkpoints").glob("*.safetensors")):
        try:
            found.append((file.name, file.stat().st_mtime_ns))
        except OSError:  # replaced just now
            continue
    return tuple(found)
