"""Starting trainers and noticing how they end. A trainer is a process of its own session: it outlives the window."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

import gui
from gui.runs.order import (
    LOG,
    ORDER,
    STATUS,
    TRAINER,
    Order,
    make_run_folder,
    read_order,
    read_started,
    spec_file_for,
    write_order,
    write_started,
)
from gui.runs.progress import Started
from netspec.spec.source import Source
from netspec.training.control import Command, send
from netspec.training.errors import TrainError
from netspec.training.run_folder import CONTROL, RUNNING, START
from netspec.training.run_lock import is_held

LOOK = 200
"""Milliseconds between two looks at the trainers."""
LAST_LINES = 20
_started: dict[Path, subprocess.Popen[bytes]] = {}
"""Run folder → trainer that this process has started. Not of a window: the next one must see how it ended, too."""
_codes: dict[Path, int] = {}
"""Run folder → exit code of its trainer that has ended; minus the signal that ended it."""
_kills_before: dict[Path, int] = {}
"""Run folder → how often memory had run out on this machine when its trainer was started."""
KILL = 9
OUT_OF_MEMORY = -1000
"""In the place of an exit code."""
START_UP = 10.0
"""Seconds in which a trainer that another window has started must have said something."""


class Runner(QObject):
    """Starts trainers for one window, and tells when one that this process has started is gone."""

    ended = Signal(Path)
    """The trainer of this run folder is gone; `death` says how if it did not end by itself."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)
        self._mine: set[Path] = set()

    def start(self, source: Source, path: Path | None, name: str, order: Order, runs: Path) -> Path:
        """Train the text of `source`; its new run folder. path: the document's file. Raises OSError."""
        run = make_run_folder(name, runs)
        file = spec_file_for(run, source, path)
        fields = {**vars(order), "spec_file": str(Path(file).absolute()), "format": source.format, "name": name}
        fields["document"] = "" if path is None else str(path.absolute())
        write_order(run, Order(**fields))
        self._spawn(run)
        return run

    def resume(self, run: Path, overrides: tuple[str, ...] = (), threads: int | None = None) -> None:
        """Go on with a run. Raises OSError, and TrainError while it is being trained."""
        if is_alive(run):
            raise TrainError(f"{run}: this run is being trained", "wait for it, or stop it")
        (run / CONTROL).unlink(missing_ok=True)
        before = Order()
        with suppress(OSError, ValueError, TypeError):  # a run that no window has started
            before = read_order(run)
        write_order(
            run,
            Order(overrides=overrides, threads=threads, resume=True, document=before.document, name=before.name),
        )
        self._spawn(run)

    def _spawn(self, run: Path) -> None:
        run = run.absolute()
        _codes.pop(run, None)
        _kills_before[run] = _kills_for_memory()
        (run / START / STATUS).unlink(missing_ok=True)
        with (run / START / LOG).open("ab") as log:
            _started[run] = subprocess.Popen(
                [sys.executable, "-m", "gui.trainer", str(run)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(), **_detached(),
            )  # fmt: skip
        self._mine.add(run)
        self._timer.start()

    def _look(self) -> None:
        reap()
        for run in [run for run in self._mine if run not in _started]:
            self._mine.discard(run)
            self.ended.emit(run)
        if not self._mine:
            self._timer.stop()


def is_alive(run: Path) -> bool:
    """Whether a process works on this run: it prepares it, trains it, or evaluates what it has trained."""
    if (process := _started.get(run.absolute())) is not None and process.poll() is None:
        return True
    return is_held(run / RUNNING) or is_held(run / START / TRAINER) or _is_starting(run)


def may_be_alive(run: str) -> bool:
    """Whether `is_alive` is worth asking: a look at hundreds of runs must not hold the window."""
    running, trainer, ordered, said = (
        os.access(f"{run}/{name}", os.F_OK) for name in (RUNNING, f"{START}/{TRAINER}", f"{START}/{ORDER}", f"{START}/{STATUS}")
    )
    return running or trainer or (ordered and not said) or Path(run).absolute() in _started


def _is_starting(run: Path) -> bool:
    """Whether another window has just ordered this run, and its trainer has not yet come to its first word."""
    if run.absolute() in _codes or (run / START / STATUS).exists():
        return False
    with suppress(OSError):
        return time.time() - (run / START / ORDER).stat().st_mtime < START_UP
    return False


def started_of(run: Path) -> Started:
    """What the run's trainer says of itself; nothing while a process that no window has started trains the run."""
    if is_held(run / RUNNING) and not is_held(run / START / TRAINER):
        return Started()
    said = read_started(run)
    return Started("starting") if not said.phase and is_alive(run) else said


def cancel(run: Path) -> None:
    """End a trainer that has not begun to train; what is compiled is kept. Raises TrainError when there is none."""
    process = trainer_pid(run)
    if process is None:
        raise TrainError(f"{run}: no process works on this run", "start it again")
    has_begun = (run / START / STATUS).exists()
    if not has_begun:  # it has not come to its first word, and may end without one
        write_started(run, Started("cancelled"))
    # Until its first word it may ignore SIGINT, as what a shell starts in the background does.
    os.kill(process, signal.SIGINT if has_begun and sys.platform != "win32" else signal.SIGTERM)


def ask(run: Path, command: Command) -> None:
    """Ask the trainer of a run; see netspec.training.control."""
    send(run, command)


def trainer_pid(run: Path) -> int | None:
    """The number of the process that works on a run, whoever started it."""
    if (process := _started.get(run.absolute())) is not None and process.poll() is None:
        return process.pid
    for file in (run / START / TRAINER, run / RUNNING):
        if is_held(file):
            with suppress(OSError, ValueError):
                return int(file.read_text(encoding="ascii"))
    return None


def death(run: Path) -> str:
    """How the trainer of a run was ended, where this process has started it."""
    reap()
    code = _codes.get(run.absolute())
    return "" if code is None else _say(code)


def how_it_ended(run: Path) -> str:
    """What is known of a trainer that has gone: how its process ended, else the last line of its log; "": nothing.

    A log that is older than the history was printed by an earlier part of the run.
    """
    if known := death(run):
        return known
    log, history = (_written(run / name) for name in (f"{START}/{LOG}", "history.jsonl"))
    last = log_end(run).rpartition("\n")[2].strip() if log >= history else ""
    return f"its log ends with “{last}”" if last else ""


def _written(file: Path) -> float:
    """When a file was last written to; 0 where there is none."""
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0


def log_end(run: Path) -> str:
    """The last lines that the trainer printed."""
    try:
        text = (run / START / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-LAST_LINES:])


def reap() -> None:
    """Take note of the trainers that have ended; a process nobody asks about would stay as a zombie."""
    for run, process in list(_started.items()):
        if (code := process.poll()) is not None:
            del _started[run]
            _codes[run] = code
            if code == -KILL and _kills_for_memory() > _kills_before.get(run, 0):
                _codes[run] = OUT_OF_MEMORY


@atexit.register
def _let_go() -> None:
    """Trainers go on when this process ends; Python would warn that nobody has waited for them."""
    for process in _started.values():
        process.returncode = 0


def _say(code: int) -> str:
    if code == OUT_OF_MEMORY:
        return "the system ended it because memory ran out; make the batch size or the input smaller"
    number = -code
    if number <= 0:
        return f"it ended with exit code {code}; its last words are in {START}/{LOG}"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"it was ended by {name}"


def _kills_for_memory() -> int:
    """How often the system has ended a process because memory ran out; 0 where it does not tell."""
    with suppress(OSError):
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _environment() -> dict[str, str]:
    """netspec and gui are found where they were found here; what is printed comes to the log at once."""
    root = str(Path(gui.__file__).parent.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}


def _detached() -> dict[str, Any]:
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        return {"creationflags": flags}
    return {"start_new_session": True}
