"""Undoable changes of a document: of its text, and of the places of boxes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QUndoCommand

Positions = dict[str, tuple[float, float]]
TYPING = 1
PAUSE = 1.5
"""Seconds without typing after which undo gives back only what follows."""


@dataclass(frozen=True)
class Difference:
    """Where two texts differ: from `start` on, `old` stands in the one and `new` in the other."""

    start: int
    old: str
    new: str

    def apply(self, text: str) -> str:
        """The one → the other."""
        return text[: self.start] + self.new + text[self.start + len(self.old) :]

    def revert(self, text: str) -> str:
        """The other → the one."""
        return text[: self.start] + self.old + text[self.start + len(self.new) :]


def difference(one: str, other: str) -> Difference:
    """The shortest single replacement that makes one text the other."""
    start = _common(one, other, lambda size: one[:size] == other[:size], min(len(one), len(other)))
    room = min(len(one), len(other)) - start
    end = _common(one, other, lambda size: one[len(one) - size :] == other[len(other) - size :], room)
    return Difference(start, one[start : len(one) - end], other[start : len(other) - end])


def _common(one: str, other: str, is_equal: Callable[[int], bool], most: int) -> int:
    """The largest size for which the texts are equal, found by halving: comparing slices is fast, a loop is not."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_equal(middle) else (low, middle - 1)
    return low


class Change(QUndoCommand):
    """One named change. It keeps only what differs, so that thousands of them are small."""

    def __init__(
        self, label: str, text: Difference, positions: tuple[Positions, Positions],
        show: Callable[[Callable[[str], str], Positions], None], *, is_typing: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(label)
        self.text_change, self.positions = text, positions
        self._show, self._is_typing = show, is_typing
        self._time = time.monotonic()

    def id(self) -> int:
        return TYPING if self._is_typing else -1

    def redo(self) -> None:
        self._show(self.text_change.apply, self.positions[1])

    def undo(self) -> None:
        self._show(self.text_change.revert, self.positions[0])

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802
        """Join typing that goes on at the same place."""
        if not isinstance(other, Change) or other._time - self._time > PAUSE or other.text() != self.text():
            return False
        joined = join(self.text_change, other.text_change)
        if joined is None or "\n" in other.text_change.new:
            return False
        self.text_change, self._time = joined, other._time
        return True


def join(first: Difference, second: Difference) -> Difference | None:
    """Two differences, one after the other, as one; None when they do not touch."""
    end, second_end = first.start + len(first.new), second.start + len(second.old)
    if second_end < first.start or second.start > end:
        return None
    before, behind = max(first.start - second.start, 0), max(second_end - end, 0)
    old = second.old[:before] + first.old + second.old[len(second.old) - behind :]
    inside = first.new[: max(second.start - first.start, 0)]
    new = inside + second.new + first.new[len(first.new) - max(end - second_end, 0) :]
    return Difference(min(first.start, second.start), old, new)
