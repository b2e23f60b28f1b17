"""Keeps a state in line with its text: at once while that is quick, else in a thread where the latest text wins."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

from PySide6.QtCore import QObject, QTimer, Signal

from gui.garbage import collect_here
from gui.state import State, analysed, failed

QUICK = 0.03
"""Seconds that an analysis may hold the window."""
SMALL = 8_000
"""Characters of a text whose first analysis is made at once."""
POLL = 8
"""Milliseconds between looks at the thread."""
PAUSE = 120
"""Milliseconds without typing before a text is read."""


class Analysis(QObject):
    """`ready` carries the analysed state of the latest text."""

    ready = Signal(object)

    def __init__(self, parent: QObject | None = None, ahead: Sequence[Callable[[State], object]] = ()) -> None:
        """ahead: what else the thread does with a state before the window sees it."""
        super().__init__(parent)
        collect_here()
        self._ahead = ahead
        self._cost: float | None = None
        self._last: State | None = None
        self._wanted: State | None = None
        self._running: Future[tuple[State, float]] | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(POLL)
        self._poll.timeout.connect(self._look)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._start)

    def forget(self) -> None:
        """Another document: nothing is known of its text."""
        self._cost, self._last, self._wanted, self._running = None, None, None, None
        self._poll.stop()
        self._pause.stop()

    def want(self, state: State, *, is_typing: bool = False) -> None:
        """Analyse this state; what was wanted before is no longer."""
        self._wanted = state
        if is_typing:
            self._pause.start()
        else:
            self._pause.stop()
            self._start()

    def settle(self) -> None:
        """Wait until the latest text is analysed."""
        while self._wanted is not None or self._running is not None:
            self._pause.stop()
            if self._running is None:
                self._start()
            else:
                self._running.result()
                self._look()

    def _start(self) -> None:
        if self._wanted is None or self._running is not None:
            return
        wanted, self._wanted = self._wanted, None
        is_quick = len(wanted.text) < SMALL if self._cost is None else self._cost < QUICK
        if is_quick:
            self._take(*_timed(wanted, self._last))
        else:
            self._running = _threads().submit(_timed, wanted, self._last, tuple(self._ahead))
            self._poll.start()

    def _look(self) -> None:
        """Take the thread's result; one that is overtaken by a later text is dropped."""
        if self._running is None or not self._running.done():
            return
        done, self._running = self._running, None
        self._poll.stop()
        self._take(*done.result())
        if self._wanted is not None and not self._pause.isActive():
            self._start()

    def _take(self, state: State, cost: float) -> None:
        self._cost, self._last = cost, state
        if self._wanted is None:
            self.ready.emit(state)


def _timed(
    state: State, before: State | None, ahead: Sequence[Callable[[State], object]] = ()
) -> tuple[State, float]:
    start = time.perf_counter()
    try:
        result = analysed(state, before)
        cost = time.perf_counter() - start
        for prepare in ahead:
            prepare(result)
    except Exception as failure:  # the window outlives a defect of the analysis
        traceback.print_exception(failure)
        result, cost = failed(state, before, failure), time.perf_counter() - start
    return result, cost


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="analysis")
