"""What a run is doing, in words on the left and numbers on the right, over a thin bar of its progress."""

from __future__ import annotations

from html import escape
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.runs.best import words_of_test
from gui.runs.finding import label_of, name_of_spec
from gui.runs.history import History
from gui.runs.progress import Standing, Started, facts, proof
from gui.runs.watch import RunWatch
from gui.symbols import draw_dot, draw_error, draw_pause, draw_tick, draw_warning
from gui.theme import current_theme
from netspec.look import plural

SYMBOL = 14
WIDEST = 240
"""Pixels of a run's name."""
BAR = 3


class Words(QWidget):
    """A symbol and a line of text that is cut where there is no room; the whole text is its tooltip."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text, self.tone = "", "plain"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def say(self, text: str, tone: str = "plain", tip: str = "") -> None:
        """Show this. tone: plain, ok, warning, error, paused."""
        if (text, tone) != (self.text, self.tone):
            self.text, self.tone = text, tone
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()
        self.setToolTip(tip or text)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text) + SYMBOL + 12, 20)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(SYMBOL + 60 if self.text else 0, 20)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self.text:
            return
        theme = current_theme()
        colours = {"ok": theme.ok, "warning": theme.warning, "paused": theme.warning, "error": theme.error}
        draw = {"ok": draw_tick, "warning": draw_warning, "error": draw_error, "paused": draw_pause}.get(self.tone, draw_dot)
        with QPainter(self) as painter:
            box = QRectF(1, (self.height() - SYMBOL) / 2 + 1, SYMBOL - 2, SYMBOL - 2)
            draw(painter, box, QColor(colours.get(self.tone, theme.accent)))
            painter.setPen(QColor(theme.text))
            room = self.width() - SYMBOL - 8
            text = QFontMetrics(self.font()).elidedText(self.text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(SYMBOL + 6, 0, room + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.clicked.emit()


class Bar(QWidget):
    """A thin line that fills."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.share = 0.0
        self.setFixedHeight(BAR)

    def show_share(self, share: float) -> None:
        """From 0 to 1."""
        if share != self.share:
            self.share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme = current_theme()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.line))
            painter.fillRect(QRectF(0, 0, self.share * self.width(), self.height()), QColor(theme.accent))


class StatusLine(QWidget):
    """The standing of a run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run, self.foreign = QLabel(), Words()
        self._foreign_run: Path | None = None
        self.words, self.warnings, self.proof, self.weights = Words(), Words(), Words(), Words()
        self.facts = QLabel()
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.bar = Bar()
        for few in (self.foreign, self.warnings, self.weights, self.proof):
            few.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.run.setTextFormat(Qt.TextFormat.PlainText)
        self.run.setObjectName("panelTitle")
        row.addWidget(self.run)
        row.addWidget(self.foreign)
        row.addWidget(self.words, 1)
        for widget in (self.warnings, self.weights, self.proof, self.facts):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self.bar)

    def show_run(self, watch: RunWatch, waiting: str, *, is_own: bool) -> None:
        """Bring it into line. is_own: whether the run is one of the document's."""
        self._name(watch.folder, is_own=is_own)
        history, standing = watch.history, watch.standing
        tone = "paused" if standing.phase == "paused" else standing.tone
        words = WAITING.get(waiting, standing.words) if standing.is_alive else standing.words
        test = words_of_test(history, watch.tests)
        self.words.say(f"{words} {test}" if test else words, tone)
        warnings = [*history.warnings]
        if history.damaged:
            warnings.append(f"{plural(history.damaged, 'line')} of history.jsonl cannot be read and are left out")
        if watch.test_problem:
            warnings.append(watch.test_problem)
        self.warnings.say(plural(len(warnings), "warning") if warnings else "", "warning", "\n".join(warnings))
        self.warnings.setVisible(bool(warnings))
        found = proof(history)
        self.proof.setVisible(found is not None)
        if found is not None:
            self.proof.say(found[1], "ok" if found[0] else "error", PROOF)
        self.weights.setVisible(bool(history.weights))
        is_whole = not any(word in history.weights for word in ("missing", "unexpected", "of another shape"))
        self.weights.say("pretrained" if history.weights else "", "ok" if is_whole else "warning", history.weights)
        self.facts.setText(_html(facts(history, is_running=standing.phase in ("training", "paused"))))
        self.bar.show_share(_share(history, standing, watch.started))


    def _name(self, run: Path | None, *, is_own: bool) -> None:
        """Which run it is, and unmistakably when it is not one of the document's."""
        label = "" if run is None else label_of(run)
        self.run.setText(self.run.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, WIDEST))
        self.run.setToolTip("" if run is None else f"{label}: {run}")
        self.run.setVisible(run is not None)
        self.foreign.setVisible(not is_own)
        if run is not None and not is_own and run != self._foreign_run:  # files are read: not 30 times a second
            self._foreign_run = run
            self.foreign.say(f"of another spec ({name_of_spec(run) or 'it has no name'})", "warning", FOREIGN)


FOREIGN = "This run was not started from the open spec: curves, Pause and Stop are about it, and not about the open network."
PROOF = "After each epoch a SHA-256 of all frozen tensors is compared with that of the start."
WAITING = {
    "pause": "Pausing after this step …",
    "continue": "Going on …",
    "step": "Taking a step …",
    "save": "Saving …",
    "stop": "Stopping after this step …",
}
"""Asked for, and not yet done: a step may take seconds."""


def _html(pairs: list[tuple[str, str]]) -> str:
    theme = current_theme()
    cells = [f'<span style="color:{theme.secondary}">{escape(name)}</span> {escape(value)}' for name, value in pairs]
    return "&nbsp;&nbsp;&nbsp;".join(cells)


def _share(history: History, standing: Standing, started: Started) -> float:
    if standing.phase == "preparing":
        return started.done / started.count if started.count else 0.0
    return history.step / history.total_steps if history.total_steps else 0.0
