"""Loss, metric and learning rate of one or more runs, side by side over the same steps."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from gui.runs.axes import say_share, say_value
from gui.runs.history import History, Lane
from gui.runs.overlay import TOP, Band, Label, Overlay, Ring, painter_of, width_of
from gui.runs.plot import CurvePlot, Look
from gui.runs.points import Points
from gui.runs.smoothing import FORMULA
from netspec.look import count
from netspec.metrics.monitor import is_share

FRAME = 33
"""Milliseconds between two pictures at least: 30 a second."""
BETWEEN = 4
"""Milliseconds between two plots of one picture, in which the window answers."""
SHARE_OF_TIME = 2
"""Drawing takes at most every second millisecond, however many points there are."""
RAW_ALPHA = 0.25
LOG_FROM = 20.0
"""Ratio of the largest to the smallest loss from which its axis is logarithmic, unless somebody has set it."""
RATE_LOG_FROM = 50.0
LEAST_ROOM, MOST_ROOM, ROOM_STEP = 72, 232, 24
"""Pixels for the labels at the right of a plot."""
STEEP = 0.2
"""Share of the run in which scores rise from nothing: they may run off below, so that the rest can be told apart."""


@dataclass(frozen=True)
class Shown:
    """One run on the plots. is_main: not one that is laid over another for comparison; folder: tells runs of one name apart."""

    name: str
    history: History
    is_main: bool = True
    folder: Path | None = None

    @property
    def key(self) -> object:
        """What its curves are known by."""
        return self.folder or self.name


class PlotArea(QWidget):
    """Three plots with linked steps; draws at most 30 times a second, and only while it is visible."""

    lane_chosen = Signal(object, str)
    """A curve was clicked: key of the run, lane."""
    pointed = Signal(object)
    """The step under the mouse, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss, self.score, self.rate = CurvePlot("loss"), CurvePlot("metric"), CurvePlot("learning rate")
        self.plots = (self.loss, self.score, self.rate)
        self.overlays = {plot: Overlay() for plot in self.plots}
        self.runs: Sequence[Shown] = ()
        self.metric_name: str | None = None
        """The metric that is shown; None: the first."""
        self.log_wanted: bool | None = None
        """Whether the loss is drawn logarithmically; None: when it spans a factor 20."""
        self.shows_raw = True
        self._room: dict[CurvePlot, int] = {}
        self.step: float | None = None
        self._pointed_plot: CurvePlot | None = None
        self._is_due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._draw_next)
        self._waiting: list[CurvePlot] = []
        """Plots to be drawn, one at a time, so that the window can answer in between."""
        self._seconds = 0.0
        self._assemble()

    def _assemble(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        for plot in self.plots:
            self._make_room(plot, 0)
            plot.painted_over.append(painter_of(self.overlays[plot], plot))
            plot.pointed.connect(lambda step, plot=plot: self.point(step, plot))
            plot.clicked.connect(self._choose)
            plot.view_changed.connect(lambda plot=plot: self._follow_zoom(plot))
            self.splitter.addWidget(plot)
        self.loss.lowest = self.rate.lowest = 0.0
        self.splitter.setSizes([560, 440, 260])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

    def _make_room(self, plot: CurvePlot, wanted: float) -> None:
        """Room for labels so wide at the right; in large steps, so that plots do not tremble while numbers change."""
        right = min(max(math.ceil(wanted / ROOM_STEP) * ROOM_STEP, LEAST_ROOM), MOST_ROOM)
        if right != self._room.get(plot):
            self._room[plot] = right
            plot.set_margins(TOP, right)
            plot.setMinimumWidth(right + 80)

    def show_runs(self, runs: Sequence[Shown]) -> None:
        """Show these; the first is the main one."""
        self.runs = tuple(runs)
        self.update_soon()

    def update_soon(self) -> None:
        """Draw with the next picture."""
        self._is_due = True
        if not self._timer.isActive() and not self._waiting and self.isVisible():
            self._wait()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self._is_due:
            self._timer.start(0)

    def draw(self) -> None:
        """Bring all plots into line with the runs, at once."""
        self._begin()
        while self._waiting:
            self._draw_next()
        self._turn.stop()

    def _begin(self) -> None:
        if not self.isVisible():
            return
        started = time.perf_counter()
        self._is_due = False
        self._set_curves()
        self._annotate()
        self._show_values()
        self._waiting = list(self.plots)
        self._seconds = time.perf_counter() - started
        self._turn.start(BETWEEN)

    def _draw_next(self) -> None:
        started = time.perf_counter()
        plot = self._waiting.pop(0)
        plot.draw()
        self._choose_scale(plot)
        self._seconds += time.perf_counter() - started
        if self._waiting:
            self._turn.start(BETWEEN)
        elif self._is_due:
            self._wait()

    def _wait(self) -> None:
        """Until the next picture: as often as is good to see, as seldom as leaves time for everything else."""
        seconds = self._seconds + sum(plot.paint_seconds for plot in self.plots)
        self._timer.start(max(FRAME, int(1000 * SHARE_OF_TIME * seconds)))

    def _lanes(self) -> Iterator[tuple[Shown, Lane]]:
        for shown in self.runs:
            for lane in shown.history.lanes.values():
                yield shown, lane

    def _set_curves(self) -> None:
        """Raw faint, smoothed bold, validation dashed with marks; other runs dotted."""
        name = self.shown_metric()
        keys: dict[CurvePlot, set[object]] = {plot: set() for plot in self.plots}
        lanes = list(self._lanes())
        faint = RAW_ALPHA / max(1.0, len(lanes) / 2)  # many raw curves on top of each other would hide the others

        def show(plot: CurvePlot, kind: str, points: Points | None, look: Look) -> None:
            if points is not None:
                key = shown.key, lane.label, kind
                keys[plot].add(key)
                plot.set_curve(key, points, look)

        for shown, lane in lanes:
            alpha = 1.0 if shown.is_main else 0.55
            style = Qt.PenStyle.SolidLine if shown.is_main else Qt.PenStyle.DotLine
            if self.shows_raw and shown.is_main:
                show(self.loss, "raw", lane.loss, Look(lane.colour, faint))
            show(self.loss, "mean", lane.smoothed.points, Look(lane.colour, alpha, 2.0, style=style))
            show(self.loss, "validation", lane.validation, Look(lane.colour, alpha, is_dashed=True, has_marks=True))
            show(self.score, "validation", lane.metrics.get(name), Look(lane.colour, alpha, is_dashed=True, has_marks=True))
            show(self.score, "training", training_curve(lane, name), Look(lane.colour, alpha, style=style))
            show(self.rate, "lr", lane.lr, Look(lane.colour, alpha, 1.5, style=style))
        last = max((shown.history.step for shown in self.runs), default=1)
        for plot in self.plots:
            plot.keep_curves(keys[plot])
            plot.last_step = last

    def shown_metric(self) -> str:
        """Name of the metric that is plotted; empty when there is none."""
        names = self.metric_names()
        return self.metric_name if self.metric_name in names else (names[0] if names else "")

    def metric_names(self) -> list[str]:
        """All that could be plotted."""
        return list(dict.fromkeys(name for shown in self.runs for name in shown.history.metric_names()))

    def _choose_scale(self, plot: CurvePlot) -> None:
        if plot is self.loss:
            plot.set_log(self.log_wanted if self.log_wanted is not None else plot.spread() >= LOG_FROM)
        elif plot is self.rate:
            plot.set_log(plot.spread() >= RATE_LOG_FROM)

    def _annotate(self) -> None:
        """Titles, bands, rings and labels."""
        name = self.shown_metric()
        in_percent = is_share(name)
        self.score.left.say = say_share if in_percent else say_value
        self.score.skipped = STEEP if in_percent else 0.0
        main = self.runs[0].history if self.runs else None
        notes = {
            self.loss: ("loss", self._smoothing()),
            self.score: (name.replace("_", " "), "solid: training · dashed: validation" if name else ""),
            self.rate: ("learning rate", ""),
        }
        for plot, overlay in self.overlays.items():
            overlay.title, overlay.note = notes[plot]
            overlay.epoch = float(main.run["steps_per_epoch"]) if main is not None and main.run else 0.0
            overlay.bands = bands(main) if main is not None else []
            overlay.cached = frozenset(main.cached) if main is not None else frozenset()
            overlay.rings = []
        self.overlays[self.loss].title += ", logarithmic" if self.loss.is_log else ""
        self.overlays[self.rate].title += ", logarithmic" if self.rate.is_log else ""
        self._put_rings(name)
        self._put_labels(name)

    def _smoothing(self) -> str:
        """How the bold curves were made; β follows from a run's length, so it is told of each where they differ."""
        betas: dict[str, list[str]] = {}
        for shown, lane in self._lanes():
            names = betas.setdefault(f"{lane.smoothed.beta:.4g}", [])
            if shown.name not in names:
                names.append(shown.name)
        if not betas:
            return ""
        several = ", ".join(f"{beta} ({', '.join(names)})" for beta, names in betas.items())
        return "faint: batch · " + FORMULA.format(beta=several if len(betas) > 1 else next(iter(betas)))

    def _put_rings(self, metric: str) -> None:
        for shown, lane in self._lanes():
            if lane.best is None or not shown.is_main:
                continue
            ring = Ring(lane.best.step, lane.best.value, lane.colour)
            if lane.best.monitor == "val_loss":
                self.overlays[self.loss].rings.append(ring)
            elif lane.best.monitor == f"val_{metric}":
                self.overlays[self.score].rings.append(ring)

    def _put_labels(self, metric: str) -> None:
        say = say_percent if is_share(metric) else say_short
        loss, values = [], []
        rates: dict[float, list[str]] = {}
        lasts = [lane.lr.x[-1] for _, lane in self._lanes() if len(lane.lr) and lane.end is None]
        common = min(lasts, default=math.inf)  # the last lane may still be in the step that others have done
        for shown, lane in self._lanes():
            text = _name(shown, lane)
            is_nan = lane.end is not None and lane.end["reason"] == "nan"
            if (mean := last_finite(lane.smoothed.points)) is not None:
                checked = last_finite(lane.validation)
                value = say_short(mean) + (f" · {say_short(checked)}" if checked is not None else "")
                loss.append(Label(text, "NaN" if is_nan else value, (lane.colour,), mean, is_bad=is_nan))
            points = lane.metrics.get(metric) or training_curve(lane, metric)
            if points is not None and (last := last_finite(points)) is not None:
                values.append(Label(text, say(last), (lane.colour,), last, is_dashed=metric in lane.metrics))
            if (rate := lane.lr.at(common)) is not None:
                rates.setdefault(rate[1], []).append(lane.colour)
        self.overlays[self.loss].labels, self.overlays[self.score].labels = loss, values
        self.overlays[self.rate].labels = [Label("", f"{lr:.3g}", tuple(found), lr) for lr, found in rates.items()]
        for plot, overlay in self.overlays.items():
            self._make_room(plot, max((width_of(label) for label in overlay.labels), default=0.0))

    def point(self, step: float | None, plot: CurvePlot | None = None) -> None:
        """Move the crosshair of all plots; plot: the one under the mouse, which tells the values."""
        self._pointed_plot = plot
        last = max((shown.history.step for shown in self.runs), default=0)
        step = None if step is None or not last else float(min(max(round(step), 0), last))
        for each in self.plots:
            each.pointed_step = step
        if step != self.step:
            self.step = step
            self._show_values()
            for plot in self.plots:
                plot.viewport().update()
            self.pointed.emit(step)

    def _show_values(self) -> None:
        """Values of every curve at the crosshair."""
        name = self.shown_metric()
        for plot, overlay in self.overlays.items():
            overlay.step, overlay.rows = self.step, ()
            if self.step is None or plot is not self._pointed_plot:
                continue
            if plot is self.loss:
                overlay.head = ("", "batch", "mean", "validation")
            elif plot is self.score:
                overlay.head = ("", "training", "validation")
            else:
                overlay.head = ("", "lr")
            overlay.rows = [
                (lane.colour, (_name(shown, lane), *self._values(plot, lane, name)))
                for shown, lane in self._lanes()
            ]  # fmt: skip

    def _values(self, plot: CurvePlot, lane: Lane, metric: str) -> list[str]:
        assert self.step is not None
        if plot is self.loss:
            curves: list[Points | None] = [lane.loss, lane.smoothed.points, lane.validation]
        elif plot is self.score:
            curves = [training_curve(lane, metric), lane.metrics.get(metric)]
        else:
            curves = [lane.lr]
        say = say_percent if plot is self.score and is_share(metric) else say_short
        found = [None if points is None else points.at(self.step) for points in curves]
        return ["–" if point is None else say(point[1]) + self._where(point[0]) for point in found]

    def _where(self, step: float) -> str:
        """The nearest validation may be that of another step, which is told."""
        return "" if step == self.step else f" @{count(round(step))}"

    def _follow_zoom(self, leader: CurvePlot) -> None:
        """The same steps in all plots."""
        (low, high), _ = leader.view.viewRange()
        for plot in self.plots:
            if plot is not leader:
                plot.is_whole = leader.is_whole
                plot.fits_height = plot.fits_height or leader.is_whole
                plot.show_steps(low, high)
        self.update_soon()

    def _choose(self, key: object) -> None:
        assert isinstance(key, tuple)
        self.lane_chosen.emit(key[0], key[1])

    def show_all(self) -> None:
        """All steps of all plots."""
        self.loss.show_all()

    def retheme(self) -> None:
        """Colours are others."""
        for plot in self.plots:
            plot.retheme()
        self.update_soon()


def training_curve(lane: Lane, metric: str) -> Points | None:
    """The metric on the training part: with the weights of the epoch's end where that was asked for, else as it ran."""
    return lane.training.get(f"train_{metric}") or lane.training.get(f"running_{metric}")


def bands(history: History) -> list[Band]:
    """Stages, each up to the next; none where nothing is ever frozen."""
    ends = [*(float(stage.step) for stage in history.stages[1:]), float(history.step)]
    found = zip(history.stages, ends, strict=False)
    return [
        Band(float(stage.step), end, stage.words, is_frozen=bool(stage.frozen))
        for stage, end in found
        if stage.frozen or stage.count > 1
    ]


def last_finite(points: Points) -> float | None:
    """The last value that is a number."""
    for value in points.y[:-50:-1]:
        if math.isfinite(value):
            return float(value)
    return None


def say_short(value: float) -> str:
    """Three digits: 2.30, 0.0213, 1.20e-05."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    return f"{value:#.3g}".rstrip(".")


def say_percent(value: float) -> str:
    """0.9375 → "93.75 %"."""
    return f"{100 * value:.2f} %" if math.isfinite(value) else say_short(value)


def _name(shown: Shown, lane: Lane) -> str:
    return lane.label if shown.is_main else f"{lane.label} · {shown.name}"
