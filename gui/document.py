"""The open spec: its text, its problems and its last good table. The only place that reads spec files."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from netspec.analysis import Report, analyze
from netspec.loading import read_from
from netspec.problems import Problem, Span, SpecError
from netspec.spec.source import read_source

SETTLE = 80
"""Milliseconds to wait after a change on disk: editors write a file in several steps."""


@dataclass(frozen=True)
class State:
    """What one reading of a file gave.

    texts: the file and those it extends. report: what is known of the network. is_stale: the text says no network, and
    the report is of an earlier text. places: layer name → where it is written, in the text the report belongs to.
    """

    path: Path
    texts: dict[str, str]
    problems: tuple[Problem, ...]
    report: Report | None
    is_stale: bool
    places: dict[str, Span]


def read_state(path: Path, before: State | None = None) -> State:
    """Read a spec; where it has no table of its own, keep the one of the state before."""
    try:
        source = read_source(path)
    except SpecError as failure:
        return _without_table(path, before.texts if before else {}, failure.problems, before)
    found = read_from(source)
    texts = {source.file: source.text, **_texts(file for file in found.files if file != source.file)}
    if found.spec is None:
        return _without_table(path, texts, found.problems, before)
    spans = {layer.name: found.locate(("layers", place, "name")) for place, layer in enumerate(found.spec.layers)}
    places = {name: span for name, span in spans.items() if span is not None}
    return State(path, texts, found.problems, analyze(found.spec), False, places)


def _texts(files: Iterable[str]) -> dict[str, str]:
    """The texts of the extended files; one that has gone meanwhile is left out, which its problem tells."""
    found = {}
    for file in files:
        with suppress(SpecError):
            found[file] = read_source(file).text
    return found


def _without_table(path: Path, texts: dict[str, str], problems: tuple[Problem, ...], before: State | None) -> State:
    if before is None or before.report is None:
        return State(path, texts, problems, None, False, {})
    return State(path, texts, problems, before.report, True, before.places)


class Document(QObject):
    """The spec that the window shows; follows its file, and the files it extends, on disk."""

    changed = Signal()
    """There is a new state, or none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state: State | None = None
        self._watcher = QFileSystemWatcher(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE)
        self._timer.timeout.connect(self._follow)
        self._watcher.fileChanged.connect(lambda _: self._timer.start())
        self._watcher.directoryChanged.connect(lambda _: self._timer.start())

    @property
    def state(self) -> State | None:
        """What is shown; None when no file is open."""
        return self._state

    def open(self, path: Path) -> None:
        """Show another file."""
        path = path.absolute()
        self._watch([path])  # before reading: a change in between must not be lost
        self._show(read_state(path))

    def close(self) -> None:
        """Show no file."""
        self._timer.stop()
        self._state = None
        self._watch([])
        self.changed.emit()

    def reload(self) -> None:
        """Read the file again."""
        if self._state is not None:
            self._show(read_state(self._state.path, self._state))

    def _follow(self) -> None:
        """Read again after a change on disk; without news nobody is told."""
        before = self._state
        if before is None:
            return
        state = read_state(before.path, before)
        if (state.texts, state.problems) == (before.texts, before.problems):
            self._watch_state(state)
        else:
            self._show(state)

    def _show(self, state: State) -> None:
        self._state = state
        self._watch_state(state)
        self.changed.emit()

    def _watch_state(self, state: State) -> None:
        self._watch([state.path, *(Path(file) for file in state.texts)])

    def _watch(self, files: Iterable[Path]) -> None:
        """Watch files and their folders: when an editor replaces a file, the watch on the old one ends."""
        wanted = {str(place) for file in files for place in (file, file.parent) if place.exists()}
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))
