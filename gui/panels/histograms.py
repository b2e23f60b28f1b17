"""Weights, gradients and activations layer by layer over the training, how fast weights move, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.insight.alarms import BAND, RULE, Alarm, alarms
from gui.insight.charts import Chart
from gui.insight.lanes import LaneChips
from gui.insight.layer_rows import LayerRows, Row
from gui.insight.looks import looks_of
from gui.insight.pages import Pages, quiet
from gui.insight.seen import WhenSeen
from gui.insight.strip import Strip
from gui.panel import Area, Panel
from gui.theme import current_theme
from netspec.look import count, lane_colours
from netspec.training.insight_files import Look

LOW = 330
"""Below this height in pixels the strips stand side by side."""
AWAITED = "Histograms appear with the first steps of a training"
ROWS = "Newest histogram, and ‖Δw‖ / ‖w‖ or dead and saturated units"
THUMB = f"Update / weight ratio; about {RULE:g} is usual (A. Karpathy, CS231n)"
WHENCE = f"""A rule of thumb: ‖Δw‖ / ‖w‖ of a step is about {RULE:g}. The band runs from {BAND[0]:g} to {BAND[1]:g}.
A. Karpathy, CS231n notes, Neural networks part 3"""


class Histograms(Panel):
    """Layers at the left, the chosen one's strips in the middle, update/weight ratios at the right."""

    title: ClassVar[str] = "Histograms"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 63

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.looks = looks_of(desk)
        self.rows, self.alarm_list, self.where = LayerRows(), QListWidget(), quiet()
        self.strips = {"weights": Strip("Weights"), "gradients": Strip("Gradients"), "values": Strip("Outputs")}
        self.ratios = Chart("Update/weight ratios", x="", y="‖Δw‖ / ‖w‖", is_log=True)
        self.alarms: list[Alarm] = []
        self._others: Any = None
        self._chosen: Any = None
        self._make_lines()
        self.pages = self._lay_out()
        self.rows.row_chosen.connect(self._choose)
        self.looks.changed.connect(WhenSeen(self, self.show_looks).ask)
        desk.chosen_changed.connect(self._follow_chosen)
        desk.theme_changed.connect(self._restyle)
        self.show_looks()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        is_low = self.height() < LOW
        self._beside.setDirection(QBoxLayout.Direction.LeftToRight if is_low else QBoxLayout.Direction.TopToBottom)

    def show_looks(self) -> None:
        """Take in new looks."""
        tensors, units = self.looks.of("tensors"), self.looks.of("units")
        if not tensors:
            self.pages.say(self.looks.why_none(AWAITED))
            return
        self.pages.show_content()
        newest, activity = tensors[-1], units[-1] if units else None
        weights = frozenset(_weights(newest))
        self.alarms = alarms(newest, activity, weights)
        self._show_alarms()
        self.rows.show_rows(_rows(newest, activity, self.alarms))
        self.where.setText(f"epoch {newest['epoch']}, step {count(newest['step'])}")
        self._show_strips()
        self._show_ratios()

    def _show_alarms(self) -> None:
        self.alarm_list.clear()
        theme = current_theme()
        for alarm in self.alarms:
            item = QListWidgetItem(alarm.text)
            item.setForeground(QColor(theme.error if alarm.is_error else theme.warning))
            item.setData(Qt.ItemDataRole.UserRole, alarm.layer)
            self.alarm_list.addItem(item)
        self.alarm_list.setVisible(bool(self.alarms))
        self.alarm_list.setFixedHeight(min(len(self.alarms), 3) * 20 + 6)

    def _show_strips(self) -> None:
        """The chosen row's: a parameter has weights and gradients, an activation has outputs."""
        row = self.rows.chosen
        if row is None:
            return
        if row.is_units:
            looks = [(look["step"], look["layers"].get(row.name, {}).get("values")) for look in self.looks.of("units")]
            self.strips["values"].show_histograms(looks)
        else:
            found = [(look["step"], look["tensors"].get(row.name, {})) for look in self.looks.of("tensors")]
            for key in ("weights", "gradients"):
                self.strips[key].show_histograms([(step, tensor.get(key)) for step, tensor in found])
        for key, strip in self.strips.items():
            strip.setVisible((key == "values") == row.is_units)

    def _show_ratios(self) -> None:
        """A line a weight; the chosen one stands out. All others are one curve with gaps: that is drawn fast."""
        looks, chosen = self.looks.of("tensors"), self.rows.chosen
        steps = [look["step"] for look in looks]
        lines = {name: [_ratio(look, name) for look in looks] for name in _weights(looks[-1])}
        own = lines.pop(chosen.name, []) if chosen is not None else []
        gap = [np.nan]
        self._others.setData(
            [x for _ in lines for x in steps + gap], [y for line in lines.values() for y in line + gap]
        )
        self._chosen.setData(steps if own else [], own)
        self._chosen.setPen(pg.mkPen(self._colour(), width=2))

    def _make_lines(self) -> None:
        """The band of the rule of thumb, and the two curves over it."""
        theme = current_theme()
        self.ratios.clear()
        band = pg.LinearRegionItem(
            values=np.log10(BAND), orientation="horizontal", movable=False, brush=_faint(theme.ok), pen=pg.mkPen(None)
        )
        band.setZValue(-10)
        self.ratios.addItem(band)
        self._others = self.ratios.line([], [], theme.secondary, opacity=0.45)
        self._chosen = self.ratios.line([], [], theme.accent, width=2)

    def _colour(self) -> str:
        return lane_colours(self.looks.types).get(self.looks.lane, current_theme().accent)

    def _choose(self, row: Row) -> None:
        self._show_strips()
        self._show_ratios()
        self.desk.choose({row.layer}, by=self)

    def _follow_chosen(self) -> None:
        if self.desk.chosen_by is not self and len(self.desk.chosen) == 1:
            self.rows.choose_layer(next(iter(self.desk.chosen)))

    def _go_to_alarm(self, item: QListWidgetItem) -> None:
        layer = str(item.data(Qt.ItemDataRole.UserRole))
        self.rows.choose_layer(layer)
        self.desk.go_to_layer(layer)

    def _restyle(self) -> None:
        for strip in self.strips.values():
            strip.forget_picture()
        self.ratios.restyle()
        self._make_lines()
        self.show_looks()

    def _lay_out(self) -> Pages:
        self.alarm_list.setAccessibleName("Alarms")
        self.alarm_list.itemClicked.connect(self._go_to_alarm)
        self.alarm_list.itemActivated.connect(self._go_to_alarm)
        self.alarm_list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        title = QLabel("Layer by layer")
        title.setObjectName("panelTitle")
        head = QHBoxLayout()
        for widget in (title, self.where):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(LaneChips(self.looks))
        middle = QWidget()
        self._beside = QBoxLayout(QBoxLayout.Direction.TopToBottom, middle)
        self._beside.setContentsMargins(0, 0, 0, 0)
        for strip in self.strips.values():
            self._beside.addWidget(strip)
        thumb = quiet(THUMB)
        thumb.setToolTip(WHENCE)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.setHandleWidth(12)
        for column in (_column(quiet(ROWS), self.rows), middle, _column(thumb, self.ratios)):
            halves.addWidget(column)
        halves.setSizes([400, 420, 360])
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(head)
        layout.addWidget(self.alarm_list)
        layout.addWidget(halves, 1)
        pages = Pages(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pages)
        return pages


def _weights(look: Look) -> list[str]:
    """Parameters with two axes or more: no biases, no normalization."""
    return [name for name, tensor in look["tensors"].items() if len(tensor["shape"]) >= 2]


def _ratio(look: Look, name: str) -> float:
    ratio = look["tensors"].get(name, {}).get("ratio")
    return ratio or np.nan  # 0 has no logarithm; it is among the alarms


def _rows(tensors: Look, units: Look | None, found: list[Alarm]) -> list[Row]:
    """Parameters and activations, in the network's order as far as it is known."""
    of_layer = {alarm.layer: alarm for alarm in found}
    rows = [_tensor_row(name, tensor, of_layer) for name, tensor in tensors["tensors"].items()]
    layers: Mapping[str, Any] = units["layers"] if units is not None else {}
    return rows + [_units_row(name, layer, of_layer) for name, layer in layers.items()]


def _tensor_row(name: str, tensor: Mapping[str, Any], found: Mapping[str, Alarm]) -> Row:
    layer = name.rpartition(".")[0]
    ratio = "frozen" if tensor["update"] is None else "–" if tensor["ratio"] is None else f"{tensor['ratio']:.1e}"
    alarm = found.get(layer)
    return Row(name, layer, False, tensor["weights"], ratio, alarm if alarm and name in alarm.text else None)


def _units_row(name: str, layer: Mapping[str, Any], found: Mapping[str, Alarm]) -> Row:
    parts = []
    if layer["dead"] is not None:
        parts.append(f"{len(layer['dead'])} of {layer['units']} dead")
    if layer["saturated"] is not None:
        parts.append(f"{100 * layer['saturated']:.0f} % saturated")
    return Row(name, name, True, layer["values"], ", ".join(parts), found.get(name))


def _column(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget, 0 if isinstance(widget, QLabel) else 1)
    return holder


def _faint(colour: str) -> QColor:
    shade = QColor(colour)
    shade.setAlphaF(0.14)
    return shade
