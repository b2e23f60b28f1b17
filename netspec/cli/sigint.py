"""Ctrl-C while training: the first one asks, the second one stops at once, whatever the first one was to do."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

from netspec.cli.errors import ExitCode
from netspec.cli.options import OnSigint

GRACE = 1.0
"""Seconds after the second Ctrl-C in which files are closed in good order; then the process is ended."""


class Interrupts:
    """Turns Ctrl-C into requests the trainer looks at before each step; use as a context manager.

    First Ctrl-C: stop asks to stop, checkpoint to save and go on, none asks for nothing. The second one raises
    KeyboardInterrupt in every mode. A thread watches over that, as Python tells of a signal only between two kernels.
    """

    def __init__(self, mode: OnSigint) -> None:
        self.mode = mode
        self.stop, self.save = threading.Event(), threading.Event()
        self._presses = 0
        self._before: Any = None
        self._pipe: tuple[int, int] | None = None
        self._over = threading.Event()

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
            if os.name == "posix":
                self._pipe = os.pipe()
                os.set_blocking(self._pipe[1], False)
                signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
                threading.Thread(target=self._watch, args=(self._pipe[0],), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        self._over.set()
        if self._pipe is not None:
            signal.set_wakeup_fd(-1)
            os.close(self._pipe[1])  # ends the thread, which closes the other end

    def _watch(self, reading: int) -> None:
        """One byte a signal: after the second SIGINT wait for a good end, then make one."""
        presses = 0
        while numbers := os.read(reading, 64):
            presses += numbers.count(signal.SIGINT)
            if presses > 1 and not self._over.wait(GRACE):
                os._exit(ExitCode.INTERRUPTED)
        os.close(reading)

    def is_saving(self) -> bool:
        """Whether a checkpoint was asked for; asking takes the request away."""
        wanted = self.save.is_set()
        self.save.clear()
        return wanted

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._presses += 1
        if self._presses > 1:
            raise KeyboardInterrupt
        if self.mode is OnSigint.STOP:
            self.stop.set()
        elif self.mode is OnSigint.CHECKPOINT:
            self.save.set()
