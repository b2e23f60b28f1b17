"""The process that looks inside networks (netspec.inside.service), started with the first question."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment

import netspec
from netspec.training.json_values import from_json_value

Line = dict[str, Any]
Arrays = dict[str, NDArray[Any]]
Heard = Callable[[str, dict[str, Any], Arrays], None]
"""Kind ("progress", "result" or "problem"), values, arrays."""
ENDED = {"problem": "the process that looks inside has ended", "hint": "ask again; the terminal may say why"}


class Service(QObject):
    """Sends requests one after the other; answers come in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._count = 0
        self._waiting: dict[int, Heard] = {}
        self._rest = b""

    def send(self, do: str, request: dict[str, Any], heard: Heard) -> None:
        """Ask, and tell `heard` what comes."""
        self._count += 1
        self._waiting[self._count] = heard
        process = self._process or self._start()
        process.write(json.dumps({"id": self._count, "do": do, **request}).encode() + b"\n")

    def stop(self) -> None:
        """End the process at once; nothing that waits is told. The next question starts another."""
        self._waiting.clear()
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._ended)
            _end(process)
            process.deleteLater()

    def _start(self) -> QProcess:
        process = QProcess(self)
        process.setProcessEnvironment(_environment())
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        self.destroyed.connect(partial(_end, process))
        process.start(sys.executable, ["-m", "netspec.inside.service"])
        self._process, self._rest = process, b""
        return process

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
        waiting, self._process = list(self._waiting.values()), None
        self._waiting.clear()
        for heard in waiting:
            heard("problem", dict(ENDED), {})


def _environment() -> QProcessEnvironment:
    """The one of this process, in which the same netspec is found."""
    environment = QProcessEnvironment.systemEnvironment()
    root, known = str(Path(netspec.__file__).parent.parent), environment.value("PYTHONPATH", "")
    separator = ";" if sys.platform == "win32" else ":"
    environment.insert("PYTHONPATH", f"{root}{separator}{known}" if known else root)
    return environment


def _end(process: QProcess) -> None:
    try:
        process.kill()
        process.waitForFinished(1000)
    except RuntimeError:  # Qt has deleted it already
        return


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
