"""The text as its file has it, beside the text as Qt shows it.

Qt shows a few characters as others (a no-break space as a space, "\\r\\n" and four more as the end of a line). What was
not edited must not change: an edit is found in the shown text and made in the file's.
"""

from __future__ import annotations

from bisect import bisect_left

from gui.history import difference

SHOWN_AS = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\ufdd0": "\n", "\ufdd1": "\n", "\xa0": " "})


class Mirror:
    """source: the file's text; shown: Qt's, with one character for each of it, and one for "\\r\\n"."""

    def __init__(self, source: str = "") -> None:
        self.take(source)

    def take(self, source: str) -> None:
        """Another text."""
        self.source, self.shown = source, shown(source)
        self._pairs: list[int] | None = [] if "\r\n" not in source else None

    def type(self, new: str) -> str:
        """The user has made this of the shown text; the source that says so."""
        change = difference(self.shown, new)
        start, end = self.to_source(change.start), self.to_source(change.start + len(change.old))
        typed = change.new.replace("\n", "\r\n") if self._places() else change.new
        self.take(self.source[:start] + typed + self.source[end:])
        return self.source

    def to_source(self, index: int) -> int:
        """Index in the shown text → index in the source."""
        return index + bisect_left(self._places(), index)

    def _places(self) -> list[int]:
        """Where the shown text has an end of line that is two characters in the source."""
        if self._pairs is None:
            parts = self.source.split("\r\n")[:-1]
            self._pairs, place = [], -1
            for part in parts:
                place += len(part) + 1
                self._pairs.append(place)
        return self._pairs


def shown(source: str) -> str:
    """A text as Qt gives it back."""
    return source.replace("\r\n", "\n").translate(SHOWN_AS)
