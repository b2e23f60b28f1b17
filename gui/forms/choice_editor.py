"""Fields for one of a few values: boxes of choices, switches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QComboBox

from gui.forms.editors import MIXED, Editor
from gui.forms.icons import icon
from gui.theme import current_theme


class Combo(QComboBox):
    """A box of choices that takes little room; its arrow is drawn, style sheets have none."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        side = 12
        place = QRect(self.width() - side - 4, (self.height() - side) // 2, side, side)
        icon("open").paint(QPainter(self), place)


class Check(QCheckBox):
    """A box whose three states are drawn in the colours of the theme."""

    SIDE = 16

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.SIDE + 8, self.SIDE + 8)

    def hitButton(self, place: QPoint) -> bool:  # noqa: N802
        return self.rect().contains(place)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, theme, state = QPainter(self), current_theme(), self.checkState()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_on, is_marked = state != Qt.CheckState.Unchecked, self.hasFocus() or self.underMouse()
        box = QRectF(2.5, (self.height() - self.SIDE) / 2 + 0.5, self.SIDE - 1, self.SIDE - 1)
        painter.setPen(QPen(QColor(theme.accent if is_on or is_marked else theme.secondary), 1.5 if self.hasFocus() else 1))
        painter.setBrush(QColor(theme.accent if is_on else theme.surface))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QPen(QColor(theme.surface), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if state == Qt.CheckState.PartiallyChecked:
            painter.drawLine(box.center() - QPointF(4, 0), box.center() + QPointF(4, 0))
        elif is_on:
            middle = box.center()
            painter.drawPolyline([middle + QPointF(-3.5, 0), middle + QPointF(-1, 3), middle + QPointF(4, -3)])


class SwitchEditor(Editor):
    """true or false."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Check()
        self._add(self.box)
        self.box.clicked.connect(self._enter)

    def show_value(self, value: Any) -> None:
        self.box.setTristate(False)
        self.box.setChecked(bool(value))

    def show_mixed(self) -> None:
        self.box.setTristate(True)
        self.box.setCheckState(Qt.CheckState.PartiallyChecked)

    def _enter(self) -> None:
        self.box.setTristate(False)
        self.entered.emit(self.box.isChecked())


class ChoiceEditor(Editor):
    """One of a few values; another one that stands in the text is shown, too, and can be left as it is."""

    def __init__(self, options: Sequence[Any], names: Sequence[str] = ()) -> None:
        super().__init__()
        self.options: list[Any] = list(options)
        self._shown: list[Any] = []
        self._names = dict(zip(map(str, options), names, strict=False))
        self.box = Combo()
        self._add(self.box)
        self.box.activated.connect(self._enter)
        self.show_value(None)

    def show_value(self, value: Any) -> None:
        known = value is None or value in self.options
        self._fill([*self.options] if known else [*self.options, value], value)

    def show_mixed(self) -> None:
        self._fill(self.options, None)
        self.box.setPlaceholderText(MIXED)

    def _fill(self, values: Sequence[Any], value: Any) -> None:
        if list(values) != self._shown:
            self._shown = list(values)
            self.box.clear()
            self.box.addItems([self._names.get(str(item), str(item)) for item in values])
        self.box.setCurrentIndex(self._shown.index(value) if value in self._shown else -1)

    def _enter(self, row: int) -> None:
        self.entered.emit(self._shown[row])
