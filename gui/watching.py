"""Follows files on disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

SETTLE = 80
"""Milliseconds to wait after a change on disk: editors write a file in several steps."""


class Watcher(QObject):
    """`changed`: one of the files, or something beside them, has changed."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._files: frozenset[Path] = frozenset()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE)
        self._timer.timeout.connect(self._tell)
        self._watcher.fileChanged.connect(lambda _: self._timer.start())
        self._watcher.directoryChanged.connect(lambda _: self._timer.start())

    def watch(self, files: Iterable[Path]) -> None:
        """Watch files and their folders: when an editor replaces a file, the watch on the old one ends."""
        self._files = frozenset(files)
        if not self._files:
            self._timer.stop()
        wanted = {str(place) for file in self._files for place in (file, file.parent) if place.exists()}
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))

    def _tell(self) -> None:
        self.watch(self._files)
        self.changed.emit()
