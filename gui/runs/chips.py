"""Toggle buttons for the optimizers, each in its colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from gui.runs.choices import FIVE, in_order, known_optimizers
from gui.theme import BODY, current_theme
from netspec.look import lane_colours
from netspec.spec.model import Spec

HEIGHT, DOT, SIDE = 24, 8, 9


class Chip(QAbstractButton):
    """A dot in the optimizer's colour and its name; filled while it is chosen."""

    def __init__(self, label: str, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(label)
        self.colour = QColor(colour)
        self.setCheckable(True)
        self.setAccessibleName(f"Optimizer {label}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        font = self.font()
        font.setPixelSize(BODY - 1)
        self.setFont(font)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + DOT + 3 * SIDE, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme, box = current_theme(), QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            fill = QColor(self.colour)
            fill.setAlphaF(0.18 if self.isChecked() else 0.0)
            is_marked = self.isChecked() or self.hasFocus() or self.underMouse()
            edge = self.colour if self.isChecked() else QColor(theme.accent if self.hasFocus() else theme.line)
            painter.setPen(QPen(edge, 1.5 if self.hasFocus() else 1))
            painter.setBrush(fill)
            painter.drawRoundedRect(box, HEIGHT / 2, HEIGHT / 2)
            painter.setPen(QPen(self.colour, 1.5))
            painter.setBrush(self.colour if self.isChecked() else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(SIDE, (HEIGHT - DOT) / 2, DOT, DOT))
            painter.setPen(QColor(theme.text if is_marked else theme.secondary))
            text = QRectF(2 * SIDE + DOT, 0, box.width(), HEIGHT)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self.text())


class ChipRow(QWidget):
    """One chip for each optimizer of the spec and each type that netspec has."""

    chosen = Signal(object)
    """Labels, in the order of the chips; empty when they are just those of the spec."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[str, Chip] = {}
        self._spec: Spec | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def show_spec(self, spec: Spec | None, chosen: tuple[str, ...]) -> None:
        """Chips for this spec; chosen: those that are on, else the spec's own."""
        self._spec = spec
        known = known_optimizers(spec)
        own = [optimizer.label() for optimizer in spec.optimizers] if spec else []
        if list(self.chips) != list(known):
            self._make(known)
        on = set(chosen or own)
        for label, chip in self.chips.items():
            chip.setChecked(label in on)
            chip.setVisible(label in on or label in own or label in FIVE)

    def _make(self, known: dict[str, str]) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.chips = {label: Chip(label, colour) for label, colour in lane_colours(known).items()}
        for chip in self.chips.values():
            chip.clicked.connect(self._tell)
            self._row.addWidget(chip)
        self._row.addStretch()

    def _tell(self) -> None:
        labels = [label for label, chip in self.chips.items() if chip.isChecked()]
        if not labels:  # one at least must be trained: the last one stays on
            sender = self.sender()
            if isinstance(sender, Chip):
                sender.setChecked(True)
                labels = [sender.text()]
        self.chosen.emit(in_order(labels, self._spec))
