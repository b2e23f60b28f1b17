"""The process that looks inside networks (netspec.inside.service), started with the first question."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Qt, QTimer

import netspec
from netspec.training.json_values import from_json_value

Line = dict[str, Any]
Arrays = dict[str, NDArray[Any]]
Heard = Callable[[str, dict[str, Any], Arrays], None]
"""Kind ("progress", "result" or "problem"), values, arrays."""
ENDED = {"problem": "the process that looks inside has ended", "hint": "ask again; the terminal may say why"}
Folder = tempfile.TemporaryDirectory[str]
"""Where a process leaves its arrays. It is the window's: a process that is ended at once tidies nothing up."""


class Service(QObject):
    """Sends requests one after the other; answers come in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._folder: Folder | None = None
        self._count = 0
        self._waiting: dict[int, Heard] = {}
        self._rest = b""

    def send(self, do: str, request: dict[str, Any], heard: Heard) -> None:
        """Ask, and tell `heard` what comes."""
        self._count += 1
        self._waiting[self._count] = heard
        try:
            process = self._process or self._start()
        except OSError as problem:
            QTimer.singleShot(0, self, partial(self._fail, str(problem)))
            return
        if process.state() != QProcess.ProcessState.NotRunning:  # else `_examine` is about to tell why
            process.write(json.dumps({"id": self._count, "do": do, **request}).encode() + b"\n")

    def stop(self) -> None:
        """End the process at once; nothing that waits is told. The next question starts another."""
        self._waiting.clear()
        if self._process is not None:
            self._process.finished.disconnect(self._ended)
            self._let_go()

    def _start(self) -> QProcess:
        """Raises OSError when there is no place for the arrays."""
        self._folder = folder = Folder(prefix="netspec-inside-", ignore_cleanup_errors=True)
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._examine, Qt.ConnectionType.QueuedConnection)  # may come while it is started
        self.destroyed.connect(partial(_end, process, folder))
        self._process, self._rest = process, b""
        process.start(sys.executable, ["-m", "netspec.inside.service", folder.name])
        return process

    def _examine(self) -> None:
        """A process that cannot be started does not end, either."""
        process = self._process
        if process is not None and process.error() == QProcess.ProcessError.FailedToStart:
            self._fail(f"{process.program()}: {process.errorString()}")

    def _fail(self, why: str) -> None:
        problem = f"the process that looks inside cannot be started ({why})"
        self._give_up(problem, "make room or mend the installation, then ask again")

    def _read(self) -> None:
        if self._process is None:
            return
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._hear(json.loads(line))

    def _hear(self, line: Line) -> None:
        arrays = _taken(Path(line["arrays"])) if "arrays" in line else {}
        kind = next(kind for kind in ("progress", "result", "problem") if kind in line)
        heard = self._waiting.get(line["id"]) if kind == "progress" else self._waiting.pop(line["id"], None)
        if heard is None:
            return
        values = line if kind == "problem" else line[kind]
        heard(kind, {key: from_json_value(value, key) for key, value in values.items()}, arrays)

    def _ended(self) -> None:
        self._give_up(**ENDED)

    def _give_up(self, problem: str, hint: str) -> None:
        """Tell all that wait; the next question starts another process."""
        self._let_go()
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for heard in waiting:
            heard("problem", {"problem": problem, "hint": hint}, {})

    def _let_go(self) -> None:
        """Have no process and no folder any more."""
        process, folder = self._process, self._folder
        self._process = self._folder = None
        if process is not None and folder is not None:
            _end(process, folder)
            process.deleteLater()


def process_environment() -> QProcessEnvironment:
    """The one of this process, in which the same netspec is found."""
    environment = QProcessEnvironment.systemEnvironment()
    root, known = str(Path(netspec.__file__).parent.parent), environment.value("PYTHONPATH", "")
    separator = ";" if sys.platform == "win32" else ":"
    environment.insert("PYTHONPATH", f"{root}{separator}{known}" if known else root)
    return environment


def _end(process: QProcess, folder: Folder) -> None:
    with suppress(RuntimeError):  # Qt has deleted it already
        process.kill()
        process.waitForFinished(1000)
    folder.cleanup()


def _taken(file: Path) -> Arrays:
    """The arrays of a file that nobody else reads."""
    with np.load(file, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    file.unlink(missing_ok=True)
    return arrays


def service_of(parent: QObject) -> Service:
    """The one of this window's desk."""
    found = parent.findChild(Service, "service")
    if isinstance(found, Service):
        return found
    made = Service(parent)
    made.setObjectName("service")
    return made
