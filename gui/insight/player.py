"""Play, pause, one step, back to the start: a position that moves by itself."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from gui.icons import icon

FRAME = 33
"""Milliseconds between two positions, about 30 a second."""
SPEEDS = (5, 10, 20, 40, 80, 160)
"""Steps a second."""


class Player(QWidget):
    """A position from 0 to `last`; `moved` tells it."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.position, self.last = 0, 0
        self._exact = 0.0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=FRAME)
        self._timer.timeout.connect(self._tick)
        self.play_button, self.step_button, self.reset_button = QPushButton(), QPushButton(), QPushButton()
        self.said = QLabel()
        self.speed, self.slider = QSlider(Qt.Orientation.Horizontal), QSlider(Qt.Orientation.Horizontal)
        self._lay_out()
        self.play_button.clicked.connect(self.toggle)
        self.step_button.clicked.connect(self.step)
        self.reset_button.clicked.connect(self.reset)
        self.slider.sliderMoved.connect(self.go_to)
        self.slider.valueChanged.connect(self._follow_slider)

    @property
    def is_playing(self) -> bool:
        """Whether the position moves."""
        return self._timer.isActive()

    def set_last(self, last: int) -> None:
        """The number of steps there are."""
        self.last = last
        self.slider.setRange(0, last)

    def toggle(self) -> None:
        """Play, from the start when it is at the end; or pause."""
        if self.is_playing:
            self.pause()
            return
        if self.position >= self.last:
            self.go_to(0)
        self._clock.start()
        self._timer.start()
        self._show_button("Pause", "pause")

    def pause(self) -> None:
        """Stand still."""
        self._timer.stop()
        self._show_button("Play", "play")

    def step(self) -> None:
        """One step."""
        self.pause()
        self.go_to(0 if self.position >= self.last else self.position + 1)

    def reset(self) -> None:
        """Back to the start."""
        self.pause()
        self.go_to(0)

    def go_to(self, position: int) -> None:
        """Move there."""
        self.position = min(max(position, 0), self.last)
        self._exact = float(self.position)
        self._show()

    def _tick(self) -> None:
        seconds = self._clock.restart() / 1000
        self._exact = min(self._exact + SPEEDS[self.speed.value()] * seconds, float(self.last))
        self.position = int(self._exact)
        self._show()
        if self.position >= self.last:
            self.pause()

    def _follow_slider(self, value: int) -> None:
        if value != self.position:
            self.go_to(value)

    def _show(self) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(self.position)
        self.slider.blockSignals(False)
        self.said.setText(f"step {self.position}")
        self.moved.emit(self.position)

    def _show_button(self, text: str, name: str) -> None:
        self.play_button.setText(text)
        self.play_button.setIcon(icon(name))

    def _lay_out(self) -> None:
        self.slider.setAccessibleName("Step")
        self.speed.setAccessibleName("Steps a second")
        self.speed.setToolTip("How fast it plays")
        self.speed.setRange(0, len(SPEEDS) - 1)
        self.speed.setValue(3)
        self.speed.setFixedWidth(64)
        self.said.setMinimumWidth(64)
        self.play_button.setMinimumWidth(92)
        self._show_button("Play", "play")
        for button, name, told in (
            (self.step_button, "step", "One step"),
            (self.reset_button, "restore", "To the start"),
        ):
            button.setIcon(icon(name))
            button.setToolTip(told)
            button.setAccessibleName(told)
            button.setFixedWidth(40)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.play_button, self.step_button, self.reset_button, self.speed, self.slider, self.said):
            layout.addWidget(widget, 1 if widget is self.slider else 0)
