"""Unsaved text is kept in a folder of its own, so that a crash loses nothing."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QStandardPaths, QTimer

from gui.document import Document
from netspec.weights.atomic import write_text

SOON = 500
"""Milliseconds after an edit."""
LATEST = 10_000
"""Milliseconds that text may at most be unkept while edits go on."""


def recovery_folder() -> Path:
    """Where unsaved text is kept."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)) / "recovery"


@dataclass(frozen=True)
class LeftBehind:
    """Unsaved text of a program that is no longer running."""

    entry: Path
    path: Path | None
    """The file that the text belongs to; None when it had none."""
    name: str
    folder: Path
    text: str
    positions: dict[str, tuple[float, float]]
    time: float

    def show_in(self, document: Document) -> None:
        """Show the text as unsaved changes of its file, in a step that can be undone; without the file, as a document
        without one."""
        is_there = self.path is not None and (self.path == document.path or (self.path.is_file() and document.open(self.path)))
        if is_there:
            document.put("Recover", self.text, self.positions)
        else:
            folder = self.folder if self.folder.is_dir() else None
            document.new(self.text, name=self.name, folder=folder, positions=self.positions, is_modified=True)

    def discard(self) -> None:
        """Forget it."""
        self.entry.unlink(missing_ok=True)
        self.entry.with_suffix(".lock").unlink(missing_ok=True)


class Recovery(QObject):
    """Keeps the unsaved text of one document."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self._entry: Path | None = None
        self._lock: QLockFile | None = None
        self._kept: tuple[str, Mapping[str, object]] | None = None
        self._taken: list[tuple[LeftBehind, QLockFile]] = []
        """What was restored, and has not yet been kept anew."""
        self._writing: Future[bool] | None = None
        self._soon, self._latest = _timer(self, SOON), _timer(self, LATEST)
        self._soon.timeout.connect(self.keep)
        self._latest.timeout.connect(self.keep)
        document.text_changed.connect(self._wait)
        document.title_changed.connect(self._wait)

    def keep(self) -> None:
        """Write the text now, or forget what was written when there is nothing unsaved."""
        self._soon.stop()
        self._latest.stop()
        state = self.document.state
        if state is None or not self.document.is_modified:
            self.forget()
            return
        now = (state.text, self.document.positions)
        if now == self._kept:
            return
        values = {
            "path": str(state.path) if state.path else None, "name": state.name, "folder": str(state.folder),
            "text": state.text, "positions": self.document.positions, "time": time.time(),
        }  # fmt: skip
        self.finish()
        self._kept = now
        self._writing = _threads().submit(_write, self._place(), json.dumps(values))  # a slow disk must not hold the window

    def finish(self) -> None:
        """Wait until what was kept last is on the disk."""
        if self._writing is not None and not self._writing.result():
            self._kept = None  # a full disk must not stop the work; the next edit tries again
            self._latest.start()
        elif self._writing is not None:
            self._discard_taken()
        self._writing = None

    def forget(self) -> None:
        """There is nothing unsaved."""
        self.finish()
        self._soon.stop()
        self._latest.stop()
        if self._entry is not None:
            self._entry.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()
        self._entry, self._lock, self._kept = None, None, None
        self._discard_taken()

    def restore(self, entry: LeftBehind) -> None:
        """Show what was left behind; it stays on the disk until the document has been kept anew."""
        self.finish()
        lock = _lock_of(entry.entry)
        if lock.tryLock(0):  # else another window has taken it, and will forget it
            self._taken.append((entry, lock))
        entry.show_in(self.document)

    def _discard_taken(self) -> None:
        for entry, lock in self._taken:
            lock.unlock()
            entry.discard()
        self._taken = []

    def _wait(self) -> None:
        self._soon.start()
        if not self._latest.isActive():
            self._latest.start()

    def _place(self) -> Path:
        """The entry's file, with a lock that a killed program does not hold."""
        if self._entry is None:
            folder = recovery_folder()
            with suppress(OSError):  # told by the write
                folder.mkdir(parents=True, exist_ok=True)
            self._entry = folder / f"{os.getpid()}-{uuid.uuid4().hex[:12]}.json"
            self._lock = _lock_of(self._entry)
            self._lock.tryLock(0)
        return self._entry


def _write(entry: Path, text: str) -> bool:
    """Whether the text is on the disk."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        write_text(entry, text)
    except OSError:
        return False
    return True


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="recovery")


def left_behind() -> list[LeftBehind]:
    """What programs that are gone have left, the newest first."""
    entries = [_read(entry) for entry in recovery_folder().glob("*.json") if not _is_alive(entry)]
    return sorted((entry for entry in entries if entry is not None), key=lambda entry: -entry.time)


def _lock_of(entry: Path) -> QLockFile:
    """The lock of an entry, which lasts as long as its program."""
    lock = QLockFile(str(entry.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock


def _is_alive(entry: Path) -> bool:
    lock = _lock_of(entry)
    if not lock.tryLock(0):
        return True
    lock.unlock()
    return False


def _read(entry: Path) -> LeftBehind | None:
    try:
        values = json.loads(entry.read_text(encoding="utf-8"))
        positions = {str(name): (float(x), float(y)) for name, (x, y) in values["positions"].items()}
        path = Path(values["path"]) if values["path"] else None
        return LeftBehind(
            entry, path, str(values["name"]), Path(values["folder"]), str(values["text"]), positions, float(values["time"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not one of ours


def _timer(parent: QObject, milliseconds: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    return timer
