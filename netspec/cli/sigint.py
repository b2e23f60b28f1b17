"""Ctrl-C while training: the first one asks, the second one stops at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from netspec.cli.options import OnSigint


class Interrupts:
    """Turns Ctrl-C into a request the trainer looks at before each step; use as a context manager.

    stop and checkpoint: `requested` is set by the first Ctrl-C, the second one raises KeyboardInterrupt.
    none: Ctrl-C is ignored.
    """

    def __init__(self, mode: OnSigint) -> None:
        self.mode = mode
        self.requested = threading.Event()
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            handler = signal.SIG_IGN if self.mode is OnSigint.NONE else self._handle
            self._before = signal.signal(signal.SIGINT, handler)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested.is_set():
            raise KeyboardInterrupt
        self.requested.set()
