"""Finding a learning rate: the range test in a process of its own, its curve, and one click to take a rate."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.exam.dialog import ExamDialog
from gui.exam.rate_curve import RULES, RateCurve
from gui.forms.choice_editor import ChoiceEditor
from gui.forms.fields import Number
from gui.forms.number_editor import NumberEditor
from netspec import editing
from netspec.look import plural

BUSY = "The learning rate rises from step to step until the loss explodes …"
KEPT = "Weights, optimizer, random state and order of the data are as before: the hash {digest} is the same."
CHANGED = "Something has changed meanwhile: please report this defect of netspec."


class RateDialog(ExamDialog):
    """Stays beside the window; the spec can be edited meanwhile."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.test: dict[str, Any] | None = None
        """What the range test has found."""
        self.warning, self.proof, self.curve = QLabel(), QLabel(), RateCurve()
        self.lane, self.rate = ChoiceEditor([]), NumberEditor(Number(0.0, above=True))
        self.take = QPushButton("Use this rate")
        self._lay_out()
        self.exam.ended.connect(self.show_result)
        self.exam.failed.connect(self._fail)
        self.curve.chosen.connect(self.choose)
        self.lane.entered.connect(self._choose_lane)
        self.rate.entered.connect(self.choose)
        self.again.clicked.connect(self.start)
        self.take.clicked.connect(self.use)
        desk.theme_changed.connect(self.curve.retheme)

    def start(self) -> None:
        """Examine the text as it stands; while it is examined the button cancels."""
        state = self.desk.document.state
        if self.exam.is_running:
            self.exam.cancel()
            self.words.setText("Cancelled.")
        elif state is not None:
            self.words.setText(BUSY)
            self.warning.hide()
            self.exam.start("lr-find", state)

    def show_result(self, result: dict[str, Any]) -> None:
        """Curves, suggestions, and the proof that nothing was changed."""
        self.test = result
        lanes = [lane["optimizer"] for lane in result["optimizers"]]
        self.lane.options = lanes
        self.lane.setVisible(len(lanes) > 1)
        self.words.setText(f"{plural(result['steps'], 'rate')} from {result['lr_min']:.0e} to {result['lr_max']:.0e}. "
                           "Click into the curve to choose another one.")  # fmt: skip
        kept = KEPT.format(digest=result["digest_before"][:12])
        self.proof.setText(kept if result["unchanged"] else CHANGED)
        self._choose_lane(lanes[0])

    def choose(self, rate: float) -> None:
        """Choose a rate, rounded to two digits."""
        rounded = float(f"{rate:.2g}")
        self.rate.show_value(rounded)
        self.curve.show_rate(rounded)
        self.take.setEnabled(True)
        self.take.setText(f"Use {rounded:g} for {self._lane}")

    def use(self) -> None:
        """Write the chosen rate into the optimizer."""
        rate = self.rate.spin.line.text()
        place = self.lane.options.index(self._lane)
        label = f"Set lr of {self._lane} to {float(rate):g}"
        if self.desk.document.edit(label, editing.set_field, ("optimizers", place), "lr", float(rate)):
            self.desk.message(f"{self._lane} trains with lr = {float(rate):g}")

    _lane = ""

    def _choose_lane(self, label: str) -> None:
        if self.test is None:
            return
        self._lane = label
        lane = next(lane for lane in self.test["optimizers"] if lane["optimizer"] == label)
        self.lane.show_value(label)
        self.curve.show_lanes(self.test["optimizers"], label)
        self.warning.setText(lane["warning"] or "")
        self.warning.setVisible(bool(lane["warning"]))
        suggested = next((lane["suggestions"][key]["lr"] for key in RULES if key in lane["suggestions"]), None)
        if suggested is not None:
            self.choose(suggested)
        else:
            self.rate.show_value(None)
            self.curve.show_rate(None)
            self.take.setEnabled(False)
            self.take.setText("Use this rate")

    def _fail(self, problem: str) -> None:
        self.words.setText(problem)

    def _lay_out(self) -> None:
        self.setWindowTitle("Find a learning rate")
        self.setObjectName("form")
        self.resize(760, 460)
        self.busy.setRange(0, 0)
        self.busy.hide()
        self.lane.hide()
        self.warning.hide()
        self.take.setEnabled(False)
        self.rate.set_name("Learning rate")
        self.lane.set_name("Optimizer")
        self.rate.setFixedWidth(110)
        for label, name in ((self.words, ""), (self.warning, "formNote"), (self.proof, "secondary")):
            label.setWordWrap(True)
            label.setObjectName(name)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for button in (self.again, self.take):
            button.setObjectName("small")
        bar, holder = QHBoxLayout(), QWidget()
        inner = QHBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        for widget in (self.lane, QLabel("lr"), self.rate):
            inner.addWidget(widget)
        bar.addWidget(self.again)
        bar.addStretch(1)
        bar.addWidget(holder)
        bar.addWidget(self.take)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        for part in (self.words, self.busy, self.warning):
            column.addWidget(part)
        column.addWidget(self.curve, 1)
        column.addWidget(self.proof)
        column.addLayout(bar)
