"""Compiling kernels in several processes, since Numba compiles one function at a time in each.

Helpers are fresh processes (nothing is forked, so no thread is torn) that compile kernels into the disk cache; the parent
takes its share from the same queue and then loads what is there. Whatever goes wrong with a helper, the parent compiles
what is left: a helper can only save time.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from numba.core import config

from netspec.kernels import cache
from netspec.kernels.abi import Kernel

WORTH_A_HELPER = 4
"""Kernels: a helper takes two or three seconds to start, a kernel half a second to compile."""
MOST_HELPERS = 7
PATIENCE = 60.0
"""Seconds that the parent waits for a helper's last kernel."""

Progress = Callable[[Sequence[str], int, int], None]
"""Called with the names of the kernels being compiled, how many are done, and how many there are; from several threads."""


class Compilation:
    """One round of compiling: a queue that the parent and its helpers empty."""

    def __init__(self, kernels: Sequence[Kernel], dtype: str, progress: Progress | None) -> None:
        self.dtype = dtype
        self._queue = deque(kernels)
        self.count = len(kernels)
        self._running: list[str] = []
        self._done = 0
        self._progress = progress
        self._lock = threading.Lock()

    def take(self) -> Kernel | None:
        """The next kernel; None when there is none left."""
        with self._lock:
            if not self._queue:
                return None
            kernel = self._queue.popleft()
            self._running.append(kernel.name)
            self._tell()
            return kernel

    def finish(self, kernel: Kernel) -> None:
        """A taken kernel is compiled, or given up by a helper: the parent compiles it when it loads all."""
        with self._lock:
            self._running.remove(kernel.name)
            self._done += 1
            self._tell()

    def _tell(self) -> None:
        if self._progress:
            self._progress(tuple(self._running), self._done, self.count)


class Helper(threading.Thread):
    """Feeds one helper process with kernels."""

    def __init__(self, work: Compilation) -> None:
        super().__init__(name="netspec-compiler", daemon=True)
        self._work = work
        code = f"import sys; sys.path[:] = {sys.path!r}; from netspec.kernels.pool import serve; serve()"
        root = cache.kernel_folder().parent.parent
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "NETSPEC_CACHE_DIR": str(root)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def run(self) -> None:
        """Until there is no work or the process fails."""
        is_working = True
        while is_working and (kernel := self._work.take()):
            is_working = self._compile(kernel)
            self._work.finish(kernel)

    def _compile(self, kernel: Kernel) -> bool:
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(f"{kernel.module} {kernel.name} {self._work.dtype}\n")
            self._process.stdin.flush()
            return self._process.stdout.readline() == DONE
        except (OSError, ValueError):  # the process has ended, or the pipe was closed by `end`
            return False

    def end(self) -> None:
        """Stop the process, whatever it is doing."""
        self._process.kill()
        self.join(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # a kernel that nobody has read
                assert pipe
                pipe.close()
        self._process.wait()


def compile_all(kernels: Sequence[Kernel], dtype: str, progress: Progress | None = None) -> None:
    """Compile kernels that are not in the cache, with helpers when there are enough of them."""
    work = Compilation(kernels, dtype, progress)
    helpers: list[Helper] = []
    with _heard_interrupts() as stop_if_interrupted:
        _compile_together(work, helpers, stop_if_interrupted)


def _compile_together(work: Compilation, helpers: list[Helper], stop_if_interrupted: Callable[[], None]) -> None:
    try:
        with suppress(OSError):  # no process to be had
            for _ in range(_helpers_for(work.count)):
                helpers.append(Helper(work))
                helpers[-1].start()
        while kernel := work.take():
            kernel.address(work.dtype)
            stop_if_interrupted()
            work.finish(kernel)
        for helper in helpers:
            helper.join(PATIENCE)
    finally:
        for helper in helpers:
            helper.end()


@contextmanager
def _heard_interrupts() -> Iterator[Callable[[], None]]:
    """Gives a function that raises KeyboardInterrupt if Ctrl-C was pressed meanwhile.

    Python raises it wherever it is; inside one of LLVM's callbacks or a destructor it is printed and forgotten.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield lambda: None
        return
    heard = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        heard.set()
        raise KeyboardInterrupt

    def stop_if_heard() -> None:
        if heard.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)
    try:
        yield stop_if_heard
    finally:
        signal.signal(signal.SIGINT, before)


def _helpers_for(kernels: int) -> int:
    """None on one core, for few kernels, and where a helper would not be this Python or fill another cache."""
    is_python = bool(sys.executable) and not getattr(sys, "frozen", False)
    if not is_python or config.CACHE_DIR or cache.have_sources_changed():  # type: ignore[attr-defined]
        return 0
    cores: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    return max(0, min(cores - 1, kernels // WORTH_A_HELPER, MOST_HELPERS))


DONE, FAILED = "done\n", "failed\n"


def serve() -> None:
    """A helper's life: compile what stdin names, say so on stdout, end when stdin does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, too, which ends this process
    for line in sys.stdin:
        module, name, dtype = line.split()
        try:
            getattr(importlib.import_module(module), name).address(dtype)
            answer = DONE
        except Exception:  # the parent will see the same error and report it
            answer = FAILED
        sys.stdout.write(answer)
        sys.stdout.flush()
