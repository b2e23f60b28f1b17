"""One run, followed through its folder: new lines of its history, and whether a process still works on it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from gui import runner
from gui.runs.history import History
from gui.runs.progress import Standing, Started, standing
from gui.runs.tail import Line, Tail
from netspec.training.closing import Closing, read_closing
from netspec.training.errors import TrainError

FRAME = 33
"""Milliseconds between two looks at the history: 30 a second."""
SELDOM = 500
"""Milliseconds between two looks at a run that nobody trains: somebody may go on with it."""
AT_ONCE = 0.012
"""Seconds of reading at a time: the window must answer within 0.05."""
LOOK = 0.25
"""Seconds between two looks at the trainer's process."""


@contextmanager
def without_collecting() -> Iterator[None]:
    """Thousands of lines that live for a moment would start Python's search for garbage, which takes 0.1 s."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class RunWatch(QObject):
    """Follows a run folder; None follows nothing."""

    news = Signal(object)
    """New lines, as a list of dicts. When the run was read anew, the first is a run event that does not go on (`resumed`)."""
    changed = Signal()
    """There are new lines, or another standing, or another folder."""

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder: Path | None = None
        self.history = History()
        self.standing = Standing("none", "")
        self.started = Started()
        self.tests: dict[str, Closing] = {}
        """Lane → the test part with its best weights; empty until the run has come to its end."""
        self.test_problem = ""
        """Why the test cannot be told."""
        self.is_read = True
        """Whether the history has been read up to its end."""
        self._tail: Tail | None = None
        self._next_look = 0.0
        self._is_alive = self._has_folder = False
        self._told_test: object = ({}, "")
        self._death = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self.show_run(folder)

    def show_run(self, folder: Path | None) -> None:
        """Follow another run."""
        self.folder = folder
        self.history.clear()
        self._tail = None if folder is None else Tail(folder / "history.jsonl")
        self._next_look = 0.0
        self.tests, self.test_problem = {}, ""
        self.is_read = folder is None
        if folder is None:
            self._timer.stop()
            self.standing = standing(self.history, Started(), is_alive=False, has_folder=False)
        else:
            self._timer.start(FRAME)
            self._look_at_trainer()
            self.standing = self._find_standing()
        self.changed.emit()

    def look(self) -> None:
        """Take in what is new; a long history in several looks, between which the window lives."""
        if self._tail is None:
            return
        with without_collecting():
            self._look(self._tail)

    def _look(self, tail: Tail) -> None:
        self._look_at_trainer()  # before reading: what it wrote before it ended must not look like a sudden death
        lines = self._read(tail)
        before, self.standing = (self.standing, self._told_test), self._find_standing()
        self._told_test = (self.tests, self.test_problem)
        has_standing = (self.standing, self._told_test) != before
        self._timer.setInterval(0 if not self.is_read else FRAME if self._is_alive else SELDOM)
        if lines:
            self.news.emit(lines)
        if lines or has_standing:
            self.changed.emit()

    def look_again(self) -> None:
        """Look at the trainer's process, too, and often from now on."""
        self._next_look = 0.0
        self._timer.setInterval(FRAME)
        self.look()

    def read_all(self) -> None:
        """Read up to the end, however long that takes: for tests, and for runs that are compared."""
        while True:
            self.look()
            if self.is_read:
                return

    def _read(self, tail: Tail) -> list[Line]:
        lines: list[Line] = []
        until = time.perf_counter() + AT_ONCE
        while True:
            found = tail.read()
            if found.starts_anew:
                self.history.clear()
                lines = []
            self.history.add(found.lines)
            self.history.damaged += found.damaged
            lines += found.lines
            self.is_read = found.is_all
            if found.is_all or time.perf_counter() > until:
                return lines

    def _look_at_trainer(self) -> None:
        assert self.folder is not None
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK
            self._is_alive, self.started = runner.is_alive(self.folder), runner.started_of(self.folder)
            self._has_folder, self._death = self.folder.is_dir(), runner.how_it_ended(self.folder)
            self._read_test(self.folder)

    def _read_test(self, folder: Path) -> None:
        """After it was looked whether the trainer lives: it writes the test before it ends."""
        try:
            self.tests, self.test_problem = {} if self._is_alive else read_closing(folder), ""
        except TrainError as problem:
            self.tests, self.test_problem = {}, str(problem)

    def _find_standing(self) -> Standing:
        is_alive = self._is_alive or not self.is_read  # whether it ended well stands at the end of the history
        return standing(
            self.history, self.started, is_alive=is_alive, has_folder=self._has_folder, death=self._death
        )  # fmt: skip
