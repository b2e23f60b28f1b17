"""How long a step of the shown run takes, from the lines of its history."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

LAST = 100
"""Steps over which the mean is taken."""


class StepTime:
    """The mean time from one step of a lane to its next, validation left out where it stands between two.

    Lanes of a race take turns, so this is the time of a step of all lanes that still train. A lane that steps is
    followed: when it has ended, or others are two steps ahead of it, another one is.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Which lanes there are, and how long their steps have taken."""
        self._lane: str | None = None
        self._step = 0
        self._before: tuple[int, float] | None = None
        self._times: deque[float] = deque(maxlen=LAST)
        self._seen: set[str] = set()
        """Lanes that have stepped since the followed one did."""
        self.lanes = 1
        """Lanes that take a step in this time."""

    def add(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take new lines of the history."""
        for event in events:
            kind = event.get("event")
            if kind == "step":
                self._take(str(event.get("optimizer")), int(event["step"]), float(event["seconds"]))
            elif kind in ("run", "end"):  # fewer lanes from here on, or another part of the run
                self._forget()
            else:
                self._before = None

    def _take(self, lane: str, step: int, seconds: float) -> None:
        if self._lane not in (None, lane) and step > self._step + 1:
            self._forget()
        self._seen.add(lane)
        if self._lane in (None, lane):
            if self._lane is not None:
                self.lanes = len(self._seen)
            self._lane, self._step, self._seen = lane, step, set()
            self._note(step, seconds)

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
