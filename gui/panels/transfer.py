"""Transfer learning: which layers learn when, and what became of the pretrained weights."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.panel import Area, Panel
from gui.runs.progress import proof
from gui.runs.session import session_of
from gui.transfer.chart import StageChart
from gui.transfer.edits import StageEdits
from gui.transfer.load_view import LoadView
from gui.transfer.painting import Progress
from gui.transfer.schedule import make_schedule
from gui.transfer.stage_bar import StageBar

NOTHING = "Open a network to see which of its layers learn."
ERRORS = "The text has errors; the schedule is shown again when it can be read."
NO_PARAMETERS = "This network has no parameters to learn."


class TransferPanel(Panel):
    """The schedule at the left, the weights at the right."""

    title: ClassVar[str] = "Transfer"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 25

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.chart = StageChart(StageEdits(desk))
        self.bar, self.nothing = StageBar(self.chart), QLabel(NOTHING)
        self.loads, self.session = LoadView(desk), session_of(desk)
        self._lay_out()
        self.chart.layer_wanted.connect(desk.go_to_layer)
        desk.document.changed.connect(self.show_state)
        desk.theme_changed.connect(self.chart.update)
        desk.weights_wanted.connect(self.look_at)
        self.session.watch.changed.connect(self.show_progress)
        desk.run_changed.connect(self.show_progress)
        self.show_state()

    def show_state(self) -> None:
        """Bring everything into line with the document."""
        state = self.desk.document.state
        if state is not None and not state.is_settled:
            return
        schedule = make_schedule(state) if state is not None else None
        self.chart.show_schedule(schedule)
        has_errors = state is not None and (state.report is None or state.is_stale)
        self.nothing.setText(NOTHING if state is None else ERRORS if has_errors else NO_PARAMETERS)
        self.pages.setCurrentIndex(0 if schedule is not None else 1)

    def show_progress(self) -> None:
        """How far the shown run is, if it is one of this document."""
        history = self.session.watch.history
        if not self.desk.is_own_run or history.run is None:
            self.chart.show_progress(Progress())
            return
        epochs = history.step / max(history.run["steps_per_epoch"], 1)
        proven = proof(history)
        self.chart.show_progress(Progress(epochs, None if proven is None else proven[0]))

    def look_at(self, weights: Path) -> None:
        """Tell what would become of a file of weights."""
        self.loads.loading.look_at(weights)
        self.raise_panel()

    def _lay_out(self) -> None:
        self.nothing.setObjectName("placeholder")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        schedule, whole = QWidget(), QWidget()
        whole.setObjectName("form")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.chart, 1)
        column.addWidget(self.bar)
        self.pages = QStackedLayout(schedule)
        self.pages.addWidget(whole)
        self.pages.addWidget(self.nothing)
        self.halves = QSplitter(Qt.Orientation.Horizontal)
        self.halves.addWidget(schedule)
        self.halves.addWidget(self.loads)
        self.halves.setStretchFactor(0, 5)
        self.halves.setStretchFactor(1, 4)
        self.halves.setHandleWidth(12)
        self.halves.setSizes([570, 460])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 4)
        layout.addWidget(self.halves)
