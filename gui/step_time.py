"""How long a step of the shown run takes, from the lines of its history."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

LAST = 100
"""Steps over which the mean is taken."""


class StepTime:
    """The mean time from one step of a lane to its next, validation left out where it stands between two."""

    def __init__(self) -> None:
        self._lane: str | None = None
        self._before: tuple[int, float] | None = None
        self._times: deque[float] = deque(maxlen=LAST)

    def add(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take new lines of the history."""
        for event in events:
            if event.get("event") == "step" and self._lane in (None, event.get("optimizer")):
                self._lane = str(event.get("optimizer"))
                self._note(int(event["step"]), float(event["seconds"]))
            elif event.get("event") != "step":
                self._before = None

    def _note(self, step: int, seconds: float) -> None:
        if self._before is not None and step > self._before[0]:
            self._times.append((seconds - self._before[1]) / (step - self._before[0]))
        self._before = step, seconds

    @property
    def seconds(self) -> float | None:
        """None until two steps in a row are known."""
        return sum(self._times) / len(self._times) if self._times else None


def spell_time(seconds: float) -> str:
    """0.0123 → "12.3 ms"; 2.5 → "2.50 s"."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
