"""The chosen stage as fields: when it begins, what it unfreezes, and how fast that learns."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from gui.forms.around import Around
from gui.forms.editors import Editor
from gui.forms.fields import Integer, Number
from gui.forms.layer_editors import LayerEditor
from gui.forms.number_editor import NumberEditor
from gui.transfer.chart import StageChart

FIELD = 76
"""Width of a field with a number."""


class StageBar(QWidget):
    """Below the chart."""

    def __init__(self, chart: StageChart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart, self.edits = chart, chart.edits
        self.begins, self.epoch, self.up_to = QLabel(), NumberEditor(Integer(0)), QLabel()
        self.layer, self.by, self.rate = LayerEditor(with_inputs=True), QLabel("rate ×"), NumberEditor(Number(0.0, above=True))
        self.add, self.remove = QPushButton("Add a stage"), QPushButton("Remove")
        self._lay_out()
        self.epoch.entered.connect(self._set_epoch)
        self.layer.entered.connect(self._set_layer)
        self.rate.entered.connect(self._set_rate)
        for editor in (self.epoch, self.layer, self.rate):
            editor.refused.connect(lambda why: self.edits.desk.document.refused.emit(why, ""))
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        chart.chosen_changed.connect(self.show_row)

    def show_row(self) -> None:
        """Bring the fields into line with the chosen row."""
        row, schedule = self.chart.row, self.chart.schedule
        state = self.edits.document.state
        self.setVisible(row is not None)
        if row is None or schedule is None or state is None:
            return
        is_entry, is_warmup, is_first = row.kind == "entry", row.kind == "warmup", row.first == 1
        self.begins.setText("Begins after" if is_entry else "Warm-up lasts" if is_warmup or not is_first else "From the start")
        shown: tuple[tuple[Editor | QLabel, bool], ...] = (
            (self.epoch, is_entry or is_warmup or not is_first), (self.up_to, not is_warmup), (self.layer, not is_warmup),
            (self.by, is_entry), (self.rate, is_entry),
        )  # fmt: skip
        for widget, is_shown in shown:
            widget.setVisible(is_shown)
        words = "epochs, unfreezes from" if is_entry else "epochs, then freezes up to"
        self.up_to.setText("freezes up to" if is_first else words)
        self.layer.take_around(Around(state.outline, state.folder))
        freeze_to = state.outline.transfer.get("freeze_to")
        self._show(self.epoch, row.last if is_warmup else row.first - 1)
        self._show(self.layer, row.to if is_entry else freeze_to if isinstance(freeze_to, str) else None)
        self.layer.show_hint("nothing" if is_entry else "no layer")
        self._show(self.rate, row.lr_mult)
        self.remove.setVisible(is_entry or is_warmup)

    def _show(self, editor: Editor, value: Any) -> None:
        if not editor.is_busy():
            editor.show_value(value)

    def _set_epoch(self, epochs: int) -> None:
        row, schedule = self.chart.row, self.chart.schedule
        if row is not None and schedule is not None:
            after = row if row.kind != "warmup" else next(other for other in schedule.rows if other.kind == "start")
            self._keep(self.edits.set_epoch(after, epochs))

    def _set_layer(self, name: str | None) -> None:
        if self.chart.row is not None:
            self._keep(self.edits.set_to(self.chart.row, name or None))

    def _set_rate(self, rate: float) -> None:
        if self.chart.row is not None:
            self._keep(self.edits.set_rate(self.chart.row, rate))

    def _keep(self, is_done: bool) -> None:
        """What was refused leaves the fields as the text is."""
        if not is_done:
            self.show_row()

    def _add(self) -> None:
        if self.chart.schedule is not None and self.edits.add(self.chart.schedule):
            self.edits.document.settle()
            self.chart.choose(len(self.chart.schedule.rows) - 1)

    def _remove(self) -> None:
        if self.chart.row is not None:
            self.edits.remove(self.chart.row)

    def _lay_out(self) -> None:
        self.layer.setFixedWidth(150)
        for editor, name in ((self.epoch, "Epochs"), (self.layer, "Layer"), (self.rate, "Multiplier of the learning rate")):
            editor.set_name(name)
        for number in (self.epoch, self.rate):
            number.setFixedWidth(FIELD)
        for button in (self.add, self.remove):
            button.setObjectName("small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.begins, self.epoch, self.up_to, self.layer, self.by, self.rate, self.remove):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.add)
