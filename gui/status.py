"""The status bar: file · problems · parameters · MACs · memory · step time · messages."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QStatusBar, QWidget

from gui.desk import Desk
from gui.memory import MemoryForecast
from gui.state import State
from gui.step_time import StepTime, spell_time
from gui.symbols import draw_error, draw_warning
from gui.theme import current_theme
from netspec.look import count, plural, size
from netspec.problems import Problem, tally

MESSAGE = 8000
"""Milliseconds that a message stays."""


class ProblemButton(QPushButton):
    """How many problems there are, with the symbol of the worst; a click shows them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.worst = "ok"
        self.setFlat(True)
        self.setObjectName("statusButton")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Say how many there are."""
        kinds = {problem.severity for problem in problems}
        self.worst = "error" if "error" in kinds else "warning" if kinds else "ok"
        text = tally(problems) or "no problems"
        self.setText(f"      {text}")
        self.setAccessibleName(text)
        self.setToolTip("\n".join(f"{problem.where}: {problem.message}" for problem in problems[:8]) or "Check: all is well")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        painter, theme = QPainter(self), current_theme()
        box = QRectF(8, self.height() / 2 - 6, 12, 12)
        if self.worst == "error":
            draw_error(painter, box, QColor(theme.error))
        elif self.worst == "warning":
            draw_warning(painter, box, QColor(theme.warning))
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.ok))
            painter.drawEllipse(box.adjusted(2, 2, -2, -2))
        painter.end()


class Status(QStatusBar):
    """Follows the document."""

    problems_wanted = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.file, self.problems, self.totals, self.memory = QLabel(), ProblemButton(), QLabel(), QLabel()
        self.step, self._times = QLabel(), StepTime()
        self.forecast = MemoryForecast(self)
        self.setSizeGripEnabled(False)
        for widget in (self.file, self.problems, self.totals, self.memory, self.step):
            if not isinstance(widget, QPushButton):
                widget.setObjectName("status")
            self.addWidget(widget)
        self.problems.clicked.connect(self.problems_wanted)
        self.forecast.told.connect(self._show_memory)
        desk.document.changed.connect(self.show_state)
        desk.document.title_changed.connect(self.show_state)
        desk.message_shown.connect(lambda text: self.showMessage(text, MESSAGE))
        desk.theme_changed.connect(self.update)
        desk.run_changed.connect(self._forget_run)
        desk.run_event.connect(self._show_step_time)
        self.show_state()

    def show_state(self) -> None:
        """Bring all parts into line with the document."""
        state = self.desk.document.state
        for widget in (self.problems, self.totals, self.memory):
            widget.setVisible(state is not None)
        if state is None:
            self.file.setText("No spec is open.")
            self.file.setToolTip("")
            return
        unsaved = " (changed)" if self.desk.document.is_modified else ""
        self.file.setText(f"{state.name}{unsaved}")
        self.file.setToolTip(str(state.path or "not saved in a file yet"))
        self.problems.show_problems(state.problems)
        self.totals.setText(totals(state))
        if state.is_settled:
            self.forecast.want(state)

    def _forget_run(self) -> None:
        self._times = StepTime()
        self.step.setText("")

    def _show_step_time(self, events: list[dict[str, Any]]) -> None:
        self._times.add(events)
        seconds = self._times.seconds
        self.step.setText("" if seconds is None else f"{spell_time(seconds)} a step")
        self.step.setToolTip("Mean of the last steps of the shown run, validation left out")

    def _show_memory(self, peak: int | None, batch: int) -> None:
        self.memory.setText("" if peak is None else f"{size(peak)} for a step of {count(batch)}")
        self.memory.setToolTip("Memory that a training step adds, as `netspec plan` tells it")


def totals(state: State) -> str:
    """What the network costs."""
    if state.report is None:
        return ""
    sums, layers = state.report.totals, plural(len(state.report.table), "layer")
    unknown = sum(row.output_shape is None for row in state.report.table)
    if unknown:
        return f"{layers}   ·   no totals: {unknown} of them have no shape yet"
    parts = (
        layers,
        f"{plural(sums.params, 'param')} ({count(sums.trainable_params)} trainable, {count(sums.frozen_params)} frozen)",
        f"{count(sums.macs)} MACs for one sample",
    )
    return "   ·   ".join(parts) + ("   ·   totals of the last good text" if state.is_stale else "")
