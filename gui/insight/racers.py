"""The optimizers of the playground: which take part, and their learning rates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QWidget

from gui.insight.pages import quiet
from netspec.look import optimizer_colour
from netspec.registry import plugins

FIVE = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
"""Those that take part at first."""
LEAST, MOST, FINE = 1e-5, 10.0, 40
"""Learning rates, and steps of the slider for a factor of ten."""
DOT = 10


class LogSlider(QSlider):
    """A slider whose steps are factors."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, round(FINE * math.log10(MOST / LEAST)))
        self.setPageStep(FINE // 4)
        self.setMinimumWidth(60)
        self.setAccessibleName(name)
        self._shown = LEAST

    @property
    def number(self) -> float:
        """What it stands at: what was shown, or after a move, two digits."""
        is_moved = self.value() != self._place(self._shown)
        return float(f"{LEAST * 10 ** (self.value() / FINE):.2g}") if is_moved else self._shown

    def show_number(self, number: float) -> None:
        """Stand at the nearest step."""
        self._shown = number
        self.setValue(self._place(number))

    @staticmethod
    def _place(number: float) -> int:
        return round(FINE * math.log10(number / LEAST))


class Racers(QWidget):
    """A row an optimizer of the registry."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        kinds = plugins("netspec.optimizers")
        self.kinds = [*FIVE, *(kind for kind in kinds if kind not in FIVE)]
        self.boxes = {kind: _box(kind) for kind in self.kinds}
        self.sliders = {kind: LogSlider(f"Learning rate of {kind}") for kind in self.kinds}
        self.rates, self.losses = ({kind: QLabel() for kind in self.kinds} for _ in range(2))
        self.momentum, self.momentum_said = QSlider(Qt.Orientation.Horizontal), QLabel()
        self._is_told = True
        self._lay_out()
        for kind in self.kinds:
            self.boxes[kind].toggled.connect(self._tell)
            self.sliders[kind].valueChanged.connect(self._tell)
        self.momentum.valueChanged.connect(self._tell)
        self._tell()

    def show_rates(self, rates: Mapping[str, float]) -> None:
        """Take learning rates over; those without one get the usual one of their type."""
        kinds = plugins("netspec.optimizers")
        self._is_told = False
        for kind, slider in self.sliders.items():
            slider.show_number(rates.get(kind, kinds[kind].usual_lr))
        self._is_told = True
        self._tell()

    def show_losses(self, losses: Mapping[str, float]) -> None:
        """Where each stands; NaN: it has run away."""
        for kind, label in self.losses.items():
            value = losses.get(kind)
            label.setText("" if value is None else "ran away" if np.isnan(value) else f"{value:.3g}")

    def chosen(self) -> list[dict[str, Any]]:
        """Those that take part, as the process that walks takes them."""
        share = self.momentum.value() / 100
        found = []
        for kind in self.kinds:
            if self.boxes[kind].isChecked():
                own: dict[str, Any] = {"type": kind, "lr": self.sliders[kind].number}
                found.append({**own, "momentum": share} if kind in ("momentum", "nesterov") else own)
        return found

    def _tell(self) -> None:
        for kind in self.kinds:
            self.rates[kind].setText(f"{self.sliders[kind].number:g}")
            for widget in (self.sliders[kind], self.rates[kind]):
                widget.setEnabled(self.boxes[kind].isChecked())
        self.momentum_said.setText(f"{self.momentum.value() / 100:.2f}")
        if self._is_told:
            self.changed.emit()

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(10)
        layout.setVerticalSpacing(2)
        layout.setColumnStretch(1, 1)
        right = Qt.AlignmentFlag.AlignRight
        for column, text in enumerate(("optimizer", "learning rate", "", "loss")):
            layout.addWidget(_heading(text), 0, column, right if column == 3 else Qt.AlignmentFlag.AlignLeft)
        for row, kind in enumerate(self.kinds, 1):
            layout.addWidget(self.boxes[kind], row, 0)
            layout.addWidget(self.sliders[kind], row, 1)
            layout.addWidget(self.rates[kind], row, 2, right)
            layout.addWidget(self.losses[kind], row, 3, right)
            self.rates[kind].setMinimumWidth(60)
            self.losses[kind].setMinimumWidth(68)
            for label in (self.rates[kind], self.losses[kind]):
                label.setAlignment(right | Qt.AlignmentFlag.AlignVCenter)
        self.momentum.setRange(5, 99)
        self.momentum.setValue(90)
        self.momentum.setAccessibleName("Momentum")
        row = len(self.kinds) + 1
        layout.addWidget(quiet("momentum"), row, 0)
        layout.addWidget(self.momentum, row, 1)
        layout.addWidget(self.momentum_said, row, 2, right)


def _heading(text: str) -> QLabel:
    """Never shortened; told in full."""
    label = QLabel(text)
    label.setObjectName("secondary")
    if text == "loss":
        label.setToolTip("Above the surface's minimum")
    return label


def _box(kind: str) -> QCheckBox:
    box = QCheckBox(kind)
    box.setChecked(kind in FIVE)
    dot = QPixmap(DOT * 2, DOT * 2)
    dot.fill(Qt.GlobalColor.transparent)
    painter = QPainter(dot)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(optimizer_colour(kind)))
    painter.drawEllipse(1, 1, 2 * DOT - 2, 2 * DOT - 2)
    painter.end()
    dot.setDevicePixelRatio(2)
    box.setIcon(QIcon(dot))
    box.setAccessibleName(f"{kind} takes part")
    return box
