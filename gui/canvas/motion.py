"""From one layout to the next: the places in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation

from gui.canvas.curves import blend, resampled
from gui.canvas.layout.geometry import Point, Rect
from gui.canvas.layout.nested import Layout

DURATION = 140
"""Milliseconds that a change of the layout takes."""


class Motion:
    """Calls `place` with layouts on the way to a new one, fast at first, and `settle` when it is reached."""

    def __init__(self, parent: QObject, place: Callable[[Layout], None], settle: Callable[[], None]) -> None:
        self._start, self._end, self._place, self._settle = Layout(), Layout(), place, settle
        self._animation = QVariantAnimation(parent)
        self._animation.setDuration(DURATION)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._step)
        self._animation.finished.connect(settle)

    def begin(self, start: Layout, end: Layout) -> None:
        """Move from here to there; what is not in `start` is at its end at once."""
        self._start, self._end = _completed(start, end), end
        self._step(0.0)
        self._animation.start()

    def stop(self) -> None:
        """Stay where it is."""
        self._animation.stop()

    def finish(self) -> None:
        """Jump to the end."""
        if self._animation.state() == QVariantAnimation.State.Running:
            self._animation.stop()
            self._settle()

    def _step(self, share: float) -> None:
        self._place(between(self._start, self._end, share))


def between(start: Layout, end: Layout, share: float) -> Layout:
    """The layout at a part of the way; both hold the same boxes, frames and lines."""
    return Layout(
        {name: _rect(start.boxes[name], rect, share) for name, rect in end.boxes.items()},
        {name: _rect(start.frames[name], rect, share) for name, rect in end.frames.items()},
        {pair: _line(start.lines[pair], points, share) for pair, points in end.lines.items()},
    )


def _completed(start: Layout, end: Layout) -> Layout:
    return Layout(
        {name: start.boxes.get(name, rect) for name, rect in end.boxes.items()},
        {name: start.frames.get(name, rect) for name, rect in end.frames.items()},
        {pair: start.lines.get(pair, points) for pair, points in end.lines.items()},
    )


def _rect(start: Rect, end: Rect, share: float) -> Rect:
    return Rect(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))


def _line(start: Sequence[Point], end: Sequence[Point], share: float) -> list[Point]:
    if start == end:
        return list(end)
    if len(start) != len(end):
        number = max(len(start), len(end))
        start, end = resampled(start, number), resampled(end, number)
    return [blend(a, b, share) for a, b in zip(start, end, strict=True)]
