"""The loss over rising learning rates: one curve a lane, with the rates that it suggests, and one that is chosen by a click."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.theme import current_theme
from netspec.look import lane_colours

FAINT = 0.28
ABOVE, BELOW = 1.25, 0.12
"""What is shown of the losses: up to so many times the loss before, and a share of the span below the lowest."""
RULES = {"steepest": "steepest", "minimum_10": "minimum ÷ 10"}
Lane = Mapping[str, Any]


class RateCurve(QWidget):
    """`chosen` carries a rate that was clicked."""

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = pg.PlotWidget(self)
        self.marker = pg.InfiniteLine(angle=90, movable=True)
        self.plot.setLogMode(x=True, y=False)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.scene().sigMouseClicked.connect(self._click)
        self.marker.sigPositionChangeFinished.connect(lambda _: self.chosen.emit(10 ** float(self.marker.value())))
        self.setMinimumHeight(220)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._lanes: list[Lane] = []
        self._lane = ""

    def show_lanes(self, lanes: Sequence[Lane], lane: str) -> None:
        """All curves; suggestions are those of one lane, whose batches are drawn, too."""
        self._lanes, self._lane = list(lanes), lane
        self._draw()

    def show_rate(self, rate: float | None) -> None:
        """Mark the rate that would be taken."""
        self.marker.setVisible(rate is not None)
        if rate is not None and rate > 0:
            self.marker.setValue(math.log10(rate))

    def retheme(self) -> None:
        """Colours are others."""
        self._draw()

    def _draw(self) -> None:
        theme = current_theme()
        self.plot.clear()
        self.plot.setBackground(theme.surface)
        for side, text in (("bottom", "learning rate"), ("left", "loss")):
            axis = self.plot.getAxis(side)
            axis.setPen(QPen(QColor(theme.line)))
            axis.setTextPen(QColor(theme.secondary))
            axis.setLabel(text, color=theme.secondary)
        self.plot.showGrid(x=False, y=True, alpha=0.12)
        colours = lane_colours({lane["optimizer"]: lane["type"] for lane in self._lanes})
        for lane in self._lanes:
            self._draw_lane(lane, colours[lane["optimizer"]], is_chosen=lane["optimizer"] == self._lane)
        pen = QPen(QColor(theme.accent), 2)
        pen.setCosmetic(True)
        self.marker.setPen(pen)
        self.marker.setHoverPen(pen)
        self.plot.addItem(self.marker)
        self._fit()

    def _draw_lane(self, lane: Lane, colour: str, *, is_chosen: bool) -> None:
        rates = np.array([point["lr"] for point in lane["points"]], float)
        if not rates.size:
            return
        names = ("loss", "smoothed") if is_chosen else ("smoothed",)
        for name in names:
            values = np.array([float(point[name]) for point in lane["points"]], float)
            pen = QColor(colour)
            pen.setAlphaF(FAINT if name == "loss" else 1.0 if is_chosen else 0.55)
            self.plot.plot(rates, values, pen=pg.mkPen(pen, width=1 if name == "loss" else 2), connect="finite", antialias=True)
        for key, found in lane["suggestions"].items() if is_chosen else ():
            self._draw_suggestion(RULES.get(key, key), found["lr"], colour)

    def _draw_suggestion(self, text: str, rate: float, colour: str) -> None:
        pen = pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine)
        height = 0.93 if text == RULES["steepest"] else 0.82
        options = {"color": current_theme().text, "position": height, "anchors": [(0, 0.5), (1, 0.5)]}
        line = pg.InfiniteLine(math.log10(rate), angle=90, pen=pen, label=f"{text} {rate:.2g}", labelOpts=options)
        self.plot.addItem(line)

    def _fit(self) -> None:
        """All rates; of the losses those that say something: where training explodes, the curve leaves the picture."""
        points = [point for lane in self._lanes for point in lane["points"]]
        if not points:
            return
        smoothed = [float(point["smoothed"]) for point in points if math.isfinite(float(point["smoothed"]))]
        low, top = min(smoothed, default=0.0), max((ABOVE * lane["loss_before"] for lane in self._lanes), default=1.0)
        top = max(top, low * ABOVE)
        rates = [math.log10(point["lr"]) for point in points]
        self.plot.setXRange(min(rates), max(rates), padding=0.02)
        self.plot.setYRange(low - BELOW * (top - low), top, padding=0)

    def _click(self, event: Any) -> None:
        place: QPointF = event.scenePos()
        box = self.plot.getViewBox()
        if box.sceneBoundingRect().contains(place):
            self.chosen.emit(10 ** float(box.mapSceneToView(place).x()))
