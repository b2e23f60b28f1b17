"""Asks for a slice of the loss surface around the network's weights, and says how far it is."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.insight.asking import Asker, Reply
from gui.insight.pages import paragraph
from gui.insight.service import Service
from gui.insight.source import SourceBar
from netspec.look import count

ABOUT = (
    "L(θ + a·δ + b·η) over two random directions δ and η in the space of all weights. Each filter of a direction is as long as "
    "the filter of the network it is added to (Li et al. 2018, arXiv:1712.09913), so a = 1 replaces every filter by one as "
    "long as itself. The middle is the network as it is; normalization uses its running statistics."
)


class Around(QWidget):
    """The controls; `sliced` tells axis and losses."""

    sliced = Signal(object, object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = SourceBar(desk)
        self.asker = Asker(Service(self), self)  # a process of its own: it may be busy for long, and be ended
        self.points, self.reach, self.samples = _offer(15, 21, 31, 51), _offer(0.5, 1.0, 2.0), _offer(256, 512, 2048)
        self.points.setCurrentIndex(1)
        self.reach.setCurrentIndex(1)
        self.samples.setCurrentIndex(1)
        self.compute, self.other = QPushButton("Compute"), QPushButton("Other directions")
        self.bar, self.said = QProgressBar(), QLabel()
        self.seed = 0
        self._lay_out()
        self.compute.clicked.connect(self.toggle)
        self.other.clicked.connect(self._turn)
        self.asker.busy_changed.connect(self._show_busy)
        self._show_busy(False)

    def toggle(self) -> None:
        """Compute, or give it up."""
        if self.asker.is_busy:
            self.asker.cancel()
            self.said.setText("Cancelled.")
            return
        source = self.source.source()
        if source is None:
            self.said.setText("Open a spec or show a run first.")
            return
        self.said.setText("Loading the network and its data …")
        self.asker.ask(
            "landscape", self._finish, self._fail, self._show, source=source, points=self.points.currentData(),
            reach=self.reach.currentData(), samples=self.samples.currentData(), seed=self.seed,
        )  # fmt: skip

    def _turn(self) -> None:
        self.seed += 1
        if self.asker.is_busy:
            self.asker.cancel()
        self.toggle()

    def _show(self, reply: Reply) -> None:
        values, arrays = reply.values, reply.arrays
        self.bar.setRange(0, values["total"])
        self.bar.setValue(values["done"])
        self.source.tell(values)
        middle = arrays["losses"].shape[0] // 2
        self.said.setText(
            f"{count(values['done'])} of {count(values['total'])} losses, each of {count(values['samples'])} training samples. "
            f"Here {_at(arrays['losses'], middle)}, least {values['least']:.4g}."
        )
        self.sliced.emit(arrays["axis"], arrays["losses"])

    def _finish(self, reply: Reply) -> None:
        self._show(reply)

    def _fail(self, problem: str, hint: str) -> None:
        self.said.setText(f"{problem}; {hint}" if hint else problem)

    def _show_busy(self, busy: bool) -> None:
        self.compute.setText("Cancel" if busy else "Compute")
        self.bar.setVisible(busy)

    def _lay_out(self) -> None:
        form = QFormLayout()
        for name, box in (("Points a side", self.points), ("Reach", self.reach), ("Samples", self.samples)):
            box.setAccessibleName(name)
            form.addRow(name, box)
        self.compute.setObjectName("primary")
        buttons = QHBoxLayout()
        for button in (self.compute, self.other):
            buttons.addWidget(button)
        buttons.addStretch(1)
        about = paragraph(ABOUT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.source)
        layout.addLayout(form)
        layout.addLayout(buttons)
        for widget in (self.bar, self.said, about):
            layout.addWidget(widget)
        self.said.setWordWrap(True)
        layout.addStretch(1)


def _at(losses: NDArray[Any], middle: int) -> str:
    return f"{losses[middle, middle]:.4g}"


def _offer(*values: float) -> QComboBox:
    box = QComboBox()
    for value in values:
        box.addItem(f"{value:g}", value)
    return box
