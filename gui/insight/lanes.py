"""One chip for each optimizer of a race: whose looks are shown."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from gui.insight.looks import RunLooks
from gui.theme import current_theme
from netspec.look import lane_colours

HEIGHT, DOT = 22, 8


class Chip(QAbstractButton):
    """An optimizer's name beside a dot of its colour."""

    def __init__(self, text: str, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"Optimizer {text}")
        self.setToolTip(text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.colour = colour

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + DOT + 24, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(DOT + 18, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        is_hot = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(QColor(theme.accent if is_hot else self.colour if self.isChecked() else theme.line), 1))
        painter.setBrush(QColor(theme.selection if self.isChecked() else theme.surface))
        painter.drawRoundedRect(box, HEIGHT / 2, HEIGHT / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colour))
        painter.drawEllipse(QRectF(9, (self.height() - DOT) / 2, DOT, DOT))
        painter.setPen(QColor(theme.text if self.isEnabled() else theme.secondary))
        place = box.adjusted(DOT + 14, 0, -8, 0)
        fitting = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, fitting if place.width() > 12 else "")


class LaneChips(QWidget):
    """Chips of all lanes of the shown run; hidden when there is only one."""

    def __init__(self, looks: RunLooks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._looks = looks
        self._names: tuple[str, ...] = ()
        self._group = QButtonGroup(self)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        looks.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        names = tuple(self._looks.types) or tuple(self._looks.lanes)
        if names != self._names:
            self._make(names)
        for button in self._group.buttons():
            button.setChecked(button.text() == self._looks.lane)

    def _make(self, names: tuple[str, ...]) -> None:
        self._names = names
        for button in self._group.buttons():
            self._group.removeButton(button)
            button.deleteLater()
        colours = lane_colours({name: self._looks.types.get(name, name) for name in names})
        for name in names:
            chip = Chip(name, colours[name])
            chip.clicked.connect(lambda _=False, name=name: self._looks.choose_lane(name))
            self._group.addButton(chip)
            self._layout.addWidget(chip)
        self.setVisible(len(names) > 1)
