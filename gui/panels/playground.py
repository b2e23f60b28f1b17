"""Optimizers from one start on surfaces that one can see; and the loss around the network's own weights."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.insight.around import Around
from gui.insight.asking import Asker, Reply
from gui.insight.charts import Chart
from gui.insight.pages import Line, quiet
from gui.insight.player import Player
from gui.insight.racers import Racers
from gui.insight.service import service_of
from gui.insight.surface_view import SurfaceView, Way
from gui.panel import Area, Panel
from netspec.inside.surfaces import SURFACES
from netspec.look import optimizer_colour

STEPS, GRID = 300, (240, 180)
PATIENCE = 500
"""Milliseconds after which waiting is told."""
NETWORK = "network"
FORMULA = 260
"""Pixels up to which a formula is not shortened."""
TINY = 1e-16
"""Losses nearer to the minimum are drawn as this, since 0 has no logarithm."""


class Playground(Panel):
    """The surface at the left; who takes part, and the losses over the steps, at the right."""

    title: ClassVar[str] = "Playground"
    area: ClassVar[Area] = "centre"
    order: ClassVar[int] = 90

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.asker = Asker(service_of(desk), self)
        self.surfaces, self.formula, self.told = QComboBox(), Line("", "panelTitle"), quiet()
        self.view, self.racers, self.player = SurfaceView(), Racers(), Player()
        self.chart = Chart("Losses over the steps", x="step", y="f above minimum", is_log=True)
        self.waiting = quiet("Getting the optimizers ready …")
        self._patience = QTimer(self, interval=PATIENCE, singleShot=True)
        self.around, self.sides = Around(desk), QStackedWidget()
        self.start = (0.0, 0.0)
        self.ways: list[Way] = []
        self._losses: NDArray[Any] = np.zeros((0, 0))
        self._lines: list[Any] = []
        self._is_begun = False
        self._lay_out()
        self._connect()

    @property
    def surface(self) -> str:
        """The name of what is shown."""
        return str(self.surfaces.currentData())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if not self._is_begun:
            self._is_begun = True
            self.show_surface()

    def show_surface(self) -> None:
        """Show what is chosen."""
        is_network = self.surface == NETWORK
        self.sides.setCurrentIndex(int(is_network))
        self.player.setVisible(not is_network)
        self.player.pause()
        if is_network:
            self.formula.setText("Loss around the network's weights")
            self.formula.setMinimumWidth(0)
            self.told.setText("")
            self.view.setToolTip("")
            self.view.show_ways([], None)
            self.view.show_surface(np.full((2, 2), np.nan), (-1.0, 1.0, -1.0, 1.0))
            return
        chosen = SURFACES[self.surface]
        self.formula.setText(chosen.formula)
        self.formula.setMinimumWidth(0)
        self.formula.setMinimumWidth(min(self.formula.sizeHint().width(), FORMULA))
        self.told.setText(chosen.told)
        self.view.show_surface(chosen.grid(*GRID), chosen.bounds, chosen.minima)
        self.start = chosen.start
        self.view.show_ways([], self.start)
        self.racers.show_rates(chosen.rates)

    def choose_start(self, x: float, y: float) -> None:
        """Let all begin here."""
        if self.surface != NETWORK:
            self.start = (x, y)
            self.view.show_ways(self.ways, self.start)
            self._walk()

    def _walk(self) -> None:
        """Ask for the ways; the latest question counts."""
        racers = self.racers.chosen()
        if self.surface == NETWORK or not self._is_begun:
            return
        self.asker.ask(
            "walks", self._show_ways, self._fail, surface=self.surface, start=list(self.start), steps=STEPS,
            optimizers=racers,
        )  # fmt: skip

    def _show_ways(self, reply: Reply) -> None:
        if reply.values["surface"] != self.surface:
            return
        types, points, losses = reply.values["types"], reply.arrays["points"], reply.arrays["losses"]
        chosen = SURFACES[self.surface]
        least = min(chosen.function(*minimum) for minimum in chosen.minima)
        self.ways = [Way(kind, optimizer_colour(kind), way) for kind, way in zip(types, points, strict=True)]
        self._losses = losses - least if len(types) else np.zeros((0, STEPS + 1))
        is_new = self.player.last == 0
        self.player.set_last(STEPS)
        self.view.show_ways(self.ways, self.start)
        self._make_lines()
        self.player.go_to(STEPS if is_new else self.player.position)

    def _make_lines(self) -> None:
        self.chart.clear()
        self._lines = [self.chart.line([], [], way.colour, width=2) for way in self.ways]
        shown = np.maximum(self._losses[np.isfinite(self._losses)], TINY)
        self.chart.setXRange(0, STEPS, padding=0.02)
        if shown.size:
            self.chart.setYRange(float(np.log10(shown.min())), float(np.log10(shown.max())), padding=0.05)

    def _show_step(self, step: int) -> None:
        self.view.show_step(step)
        steps = np.arange(step + 1)
        for line, losses in zip(self._lines, self._losses, strict=True):
            line.setData(steps, np.maximum(losses[: step + 1], TINY))
        standing = {way.name: float(losses[step]) for way, losses in zip(self.ways, self._losses, strict=True)}
        self.racers.show_losses(standing)

    def _show_slice(self, axis: NDArray[Any], losses: NDArray[Any]) -> None:
        if self.surface == NETWORK:
            bounds = (float(axis[0]), float(axis[-1]), float(axis[0]), float(axis[-1]))
            self.view.show_surface(losses, bounds, [(0.0, 0.0)])

    def _tell_waiting(self, busy: bool) -> None:
        """Only when it takes a while: the first time on a machine, kernels are compiled."""
        if busy:
            self._patience.start()
        else:
            self._patience.stop()
            self.waiting.hide()

    def _fail(self, problem: str, hint: str) -> None:
        self.told.setText(f"{problem}; {hint}" if hint else problem)

    def _restyle(self) -> None:
        self.view.restyle()
        self.chart.restyle()

    def _connect(self) -> None:
        self.asker.busy_changed.connect(self._tell_waiting)
        self._patience.timeout.connect(self.waiting.show)
        self.surfaces.activated.connect(lambda _: self.show_surface())
        self.view.start_chosen.connect(self.choose_start)
        self.racers.changed.connect(self._walk)
        self.player.moved.connect(self._show_step)
        self.around.sliced.connect(self._show_slice)
        self.desk.theme_changed.connect(self._restyle)

    def _lay_out(self) -> None:
        for name, surface in SURFACES.items():
            self.surfaces.addItem(surface.title, name)
        self.surfaces.addItem("Around the network", NETWORK)
        self.surfaces.setAccessibleName("Surface")
        self.view.setToolTip("Click or drag: all optimizers begin there")
        head = QHBoxLayout()
        for widget in (self.surfaces, self.formula, self.told):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.waiting)
        self.waiting.hide()
        race = QWidget()
        right = QVBoxLayout(race)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self.racers)
        right.addWidget(self.chart, 1)
        self.sides.addWidget(race)
        self.sides.addWidget(self.around)
        left = QWidget()
        picture = QVBoxLayout(left)
        picture.setContentsMargins(0, 0, 0, 0)
        picture.addWidget(self.view, 1)
        picture.addWidget(self.player)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setHandleWidth(12)
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(self.sides)
        halves.setSizes([600, 400])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(head)
        layout.addWidget(halves, 1)
