"""One examination: a process of its own, whose lines come in the window's thread."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from gui.insight.service import process_environment
from gui.state import State

LAST = 1500
"""Characters of what the process has printed that are told when it ends without an answer."""


class Exam(QObject):
    """`found` carries a finding, `ended` the result; `failed` says why there is none."""

    found = Signal(object)
    ended = Signal(object)
    failed = Signal(str)
    running_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._rest = b""
        self._is_answered = False

    @property
    def is_running(self) -> bool:
        """Whether an answer is awaited."""
        return self._process is not None and not self._is_answered

    def start(self, do: str, state: State) -> None:
        """Examine the text as it stands in the window, saved or not."""
        self.ask(do, {"text": state.text, "format": state.format, "folder": str(state.folder)})

    def ask(self, do: str, request: dict[str, Any]) -> None:
        """Ask; what was being asked is given up."""
        self.cancel()
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finish)
        process.errorOccurred.connect(self._examine)
        self.destroyed.connect(partial(_end, process))
        self._process, self._rest, self._is_answered = process, b"", False
        process.start(sys.executable, ["-m", "gui.examiner"])
        process.write(json.dumps({"do": do, **request}).encode())
        process.closeWriteChannel()
        self.running_changed.emit()

    def cancel(self) -> None:
        """End the process at once; nothing is told."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._finish)
            _end(process)
            process.deleteLater()
            self.running_changed.emit()

    def _read(self) -> None:
        if self._process is None:
            return
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._hear(json.loads(line))

    def _hear(self, line: dict[str, Any]) -> None:
        if "finding" in line:
            self.found.emit(line["finding"])
        elif "result" in line:
            self._is_answered = True
            self.ended.emit(line["result"])
            self.running_changed.emit()
        else:
            self._is_answered = True
            self.failed.emit(f"{line['problem']}; {line['hint']}" if line.get("hint") else line["problem"])
            self.running_changed.emit()

    def _finish(self) -> None:
        self._read()
        process, self._process = self._process, None
        said = bytes(process.readAllStandardError().data()).decode(errors="replace") if process is not None else ""
        if process is not None:
            process.deleteLater()
        if not self._is_answered:
            self.failed.emit(f"The examination has ended without an answer. {said[-LAST:]}".strip())
        self.running_changed.emit()

    def _examine(self) -> None:
        """A process that cannot be started does not end, either."""
        process = self._process
        if process is not None and process.error() == QProcess.ProcessError.FailedToStart:
            self._process = None
            self.failed.emit(f"The examination cannot be started: {process.errorString()}")
            self.running_changed.emit()


def _end(process: QProcess) -> None:
    with suppress(RuntimeError):  # Qt has deleted it already
        process.kill()
        process.waitForFinished(1000)
