"""The status bar: file · problems · parameters · MACs · memory · step time · messages."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QStackedWidget, QStatusBar, QWidget

from gui.desk import Desk
from gui.insight.pages import Line
from gui.memory import MemoryForecast
from gui.state import State
from gui.step_time import StepTime, spell_time
from gui.symbols import draw_error, draw_warning
from gui.theme import current_theme
from netspec.look import count, plural, size
from netspec.problems import Problem, tally

MESSAGE, LETTER = 8000, 60
"""Milliseconds that a message stays at least, and for each of its letters: a long one takes longer to read."""

NAME = 240
"""Pixels up to which the file's name is not shortened."""
SHORTEST = 90
"""Pixels below which a part is left out instead of being shortened."""


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


class Parts(QWidget):
    """The parts of the bar side by side; those at the end go first where there is no room for all."""

    def __init__(self, parts: tuple[QWidget, ...]) -> None:
        super().__init__()
        self._parts = parts
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for part in parts:
            row.addWidget(part)
        row.addStretch(1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Show the parts that have something to say, as far as they fit; the last that is shown may be shortened."""
        room = self.width()
        for part in self._parts:
            needed = part.sizeHint().width() + 2
            has_words = isinstance(part, QPushButton) or bool(isinstance(part, Line) and part.text())
            part.setVisible(has_words and bool(part.property("isWanted")) and room > min(needed, SHORTEST))
            room -= needed if has_words else 0


class Status(QStatusBar):
    """Follows the document."""

    problems_wanted = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.file, self.totals, self.memory, self.step = (_line("status") for _ in range(4))
        self.problems, self._times, self.told = ProblemButton(), StepTime(), _line("message")
        self.forecast, self._told_of = MemoryForecast(self), ""
        self.setSizeGripEnabled(False)
        self.parts = Parts((self.problems, self.file, self.totals, self.memory, self.step))
        self._pages = QStackedWidget()
        self.told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for page in (self.parts, self.told):
            self._pages.addWidget(page)
        self.addWidget(self._pages, 1)
        self._message_end = QTimer(self, singleShot=True)
        self._message_end.timeout.connect(lambda: self._pages.setCurrentWidget(self.parts))
        self.problems.clicked.connect(self.problems_wanted)
        self.forecast.told.connect(self._show_memory)
        desk.document.changed.connect(self.show_state)
        desk.document.title_changed.connect(self.show_state)
        desk.message_shown.connect(self.tell)
        desk.theme_changed.connect(self.update)
        desk.run_changed.connect(self._forget_run)
        desk.run_event.connect(self._show_step_time)
        self.show_state()

    def tell(self, message: str) -> None:
        """Show a message in the place of everything else, for as long as it takes to read it; "" ends it."""
        self.told.setText(message)
        self.told.setToolTip(message)
        self._pages.setCurrentWidget(self.told if message else self.parts)
        self._message_end.start(max(MESSAGE, LETTER * len(message)))

    def message(self) -> str:
        """What is being told; empty when there is nothing."""
        return self.told.text() if self._pages.currentWidget() is self.told else ""

    def show_state(self) -> None:
        """Bring all parts into line with the document."""
        state = self.desk.document.state
        for widget in (self.problems, self.totals, self.memory):
            widget.setProperty("isWanted", state is not None)
        for widget in (self.file, self.step):
            widget.setProperty("isWanted", True)
        if state is None:
            self._told_of = ""
            self.memory.setText("")
            self.file.setText("No spec is open.")
            self.file.setToolTip("")
            self.parts.fit()
            return
        unsaved = " (changed)" if self.desk.document.is_modified else ""
        self.file.setText(f"{state.name}{unsaved}")
        self.file.setToolTip(str(state.path or "not saved in a file yet"))
        self.problems.show_problems(state.problems)
        self.totals.setText(totals(state))
        self.totals.setToolTip(totals(state))
        if state.file != self._told_of:  # the memory of another spec must not stand there until this one's is known
            self._told_of = state.file
            self.memory.setText("")
        self.file.setMinimumWidth(0)  # else the width of the name before would count
        self.file.setMinimumWidth(min(self.file.sizeHint().width(), NAME))
        self.parts.fit()
        if state.is_settled:
            self.forecast.want(state)

    def _forget_run(self) -> None:
        self._times = StepTime()
        self.step.setText("")
        self.parts.fit()

    def _show_step_time(self, events: list[dict[str, Any]]) -> None:
        self._times.add(events)
        seconds = self._times.seconds if self.desk.is_own_run else None  # another network's is nothing to this one
        whose = " of all lanes" if self._times.lanes > 1 else ""
        self.step.setText("" if seconds is None else f"{spell_time(seconds)} a step{whose}")
        self.step.setToolTip("Mean of the last steps of the shown run, validation left out")
        self.parts.fit()

    def _show_memory(self, peak: int | None, batch: int) -> None:
        self.memory.setText("" if peak is None else f"{size(peak)} for a step of {count(batch)}")
        self.memory.setToolTip("Memory that a training step adds, as `netspec plan` tells it")
        self.parts.fit()


def _line(name: str) -> Line:
    line = Line(name=name)
    line.setContentsMargins(8, 2, 8, 2)
    return line


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
