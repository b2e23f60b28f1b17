"""A field for one number, with arrows."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout

from gui.forms.editors import MIXED, Editor, Line
from gui.forms.fields import Integer, Number
from gui.forms.icons import icon
from gui.forms.values import RefusedError, read_value, step, written


class Spin(QFrame):
    """A number with arrows that takes any text: what is no number is told, not swallowed. Up and Down step, too."""

    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.line.setMinimumWidth(24)
        self.line.installEventFilter(self)
        self.setFocusProxy(self.line)
        arrows = QVBoxLayout()
        arrows.setContentsMargins(0, 1, 1, 1)
        arrows.setSpacing(0)
        for name, steps in (("up", 1), ("down", -1)):
            arrow = QToolButton()
            arrow.setIcon(icon(name))
            arrow.setIconSize(QSize(8, 8))
            arrow.setFixedSize(14, 11)
            arrow.setAutoRepeat(True)
            arrow.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            arrow.clicked.connect(lambda _=False, steps=steps: self.stepped.emit(steps))
            arrows.addWidget(arrow)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.line)
        row.addLayout(arrows)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
            if event.key() in steps:
                self.stepped.emit(steps[Qt.Key(event.key())])
                return True
        return super().eventFilter(watched, event)


class NumberEditor(Editor):
    """A number with its limits."""

    def __init__(self, kind: Integer | Number, default: Any = None) -> None:
        super().__init__()
        self.kind, self._default, self._value = kind, default, None
        self.spin = Spin()
        self._add(self.spin)
        self.spin.line.editingFinished.connect(self._enter)
        self.spin.stepped.connect(self._step)
        self.spin.line.given_up.connect(lambda: self.show_value(self._value))

    def show_value(self, value: Any) -> None:
        self._value = value
        self.spin.line.setPlaceholderText("")
        self.spin.line.setText(written(value))

    def show_mixed(self) -> None:
        self.show_value(None)
        self.spin.line.setPlaceholderText(MIXED)

    def is_busy(self) -> bool:
        return self.spin.line.isModified()

    def _enter(self) -> None:
        if not self.spin.line.isModified():
            return
        text = self.spin.line.text().strip()
        if not text and self._value is None:
            self.spin.line.setModified(False)
            return
        try:
            value = read_value(text, (self.kind,))
        except RefusedError as problem:
            self.refused.emit(str(problem))
            return
        self.spin.line.setModified(False)
        if value != self._value:
            self.entered.emit(value)
        else:
            self.show_value(self._value)

    def _step(self, steps: int) -> None:
        start = self._value if isinstance(self._value, int | float) else self._default
        if self.spin.line.isModified():
            try:
                start = read_value(self.spin.line.text(), (self.kind,))
            except RefusedError as problem:
                self.refused.emit(str(problem))
                return
        start = start if isinstance(start, int | float) else (self.kind.least or 0)
        value = step(start, self.kind, steps)
        self.spin.line.setModified(False)
        if value != self._value:
            self.entered.emit(value)
