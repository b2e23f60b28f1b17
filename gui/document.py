"""The open spec: its text is the only truth; every change of it is a named command that can be undone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from gui import layout_file
from gui.analysis import Analysis
from gui.history import Change, Positions, difference
from gui.moving import moved_text
from gui.state import State
from gui.watching import Watcher
from netspec import editing
from netspec.editing import EditError
from netspec.problems import SpecError
from netspec.spec.source import FORMATS, Format, Source, read_source
from netspec.weights.atomic import replace_file

__all__ = ["Document", "State"]

LOG = logging.getLogger(__name__)
P = ParamSpec("P")
BOM = "\ufeff"
SMALLEST = """\
spec_version = 1
name = "network"

[input]
shape = [1, 28, 28]

[[layers]]
name = "fc"
type = "linear"
out_features = 10

[loss]
type = "cross_entropy"

[optimizer]
type = "adam"
lr = 0.001
"""


class Document(QObject):
    """One spec that is being edited; the only writer of its text."""

    opened = Signal()
    """Another document, with or without a file, is shown from now on; emitted before `text_changed`. Saving it elsewhere
    leaves it the same."""
    changed = Signal()
    """The state is new and settled: everything in it belongs to the text."""
    text_changed = Signal()
    """The text is new; the rest of the state follows, at once for small specs."""
    refused = Signal(str, str)
    """An edit or a file operation was not possible: message, hint."""
    renamed = Signal(object)
    """Layers get other names: a dict, old → new full names. Emitted before `text_changed`."""
    title_changed = Signal()
    """Another file, or the modified marker."""
    conflict = Signal()
    """The file was changed by somebody else while there are unsaved changes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state: State | None = None
        self._positions: Positions = {}
        self._saved: tuple[str, Positions] | None = None
        self._on_disk: str | None = None
        """The file's text as it was read, written or decided about last."""
        self._is_gone = False
        self._bom = ""
        self.undo_stack = QUndoStack(self)
        self.ahead: list[Callable[[State], object]] = []
        """What the analysis' thread also does with the state of a large spec before `changed`; without Qt's objects."""
        self._analysis = Analysis(self, self.ahead)
        self._analysis.ready.connect(self._take)
        self._watcher = Watcher(self)
        self._watcher.changed.connect(self._follow)

    @property
    def state(self) -> State | None:
        """What is shown; None when nothing is open."""
        return self._state

    @property
    def text(self) -> str:
        """The latest text; empty when nothing is open."""
        return "" if self._state is None else self._state.text

    @property
    def path(self) -> Path | None:
        """The file; None when nothing is open, or it has no file yet."""
        return None if self._state is None else self._state.path

    @property
    def positions(self) -> Positions:
        """Places of the boxes that were put somewhere by hand."""
        return dict(self._positions)

    @property
    def is_modified(self) -> bool:
        """Whether there is something to save."""
        return self._state is not None and (self._is_gone or (self._state.text, self._positions) != self._saved)

    # Opening and closing

    def new(
        self, text: str = SMALLEST, *, name: str = "untitled.toml", folder: Path | None = None,
        positions: Mapping[str, tuple[float, float]] | None = None, is_modified: bool = False,
    ) -> None:  # fmt: skip
        """A document without a file. folder: where relative paths in it start. is_modified: it must not get lost."""
        format: Format = FORMATS.get(Path(name).suffix.lower(), "toml")
        self._bom = ""
        self._saved = None if is_modified else (text, dict(positions or {}))
        self._begin(State(None, text, format, name, folder or Path.cwd()), dict(positions or {}))

    def open(self, path: Path | str) -> bool:
        """Open a file; when it cannot be read, the document stays as it is and `refused` says why."""
        path = Path(path).absolute()
        try:
            source, bom = _read(path)
        except SpecError as failure:
            problem = failure.problems[0]
            self.refused.emit(f"{path.name}: {problem.message}", problem.hint)
            return False
        positions = layout_file.read(path)
        self._bom = bom
        self._on_disk, self._saved = source.text, (source.text, positions)
        self._begin(State(path, source.text, source.format, source.file, source.folder), positions)
        return True

    def close(self) -> None:
        """Show nothing."""
        self._watcher.watch([])
        self._analysis.forget()
        self._state, self._positions, self._saved = None, {}, None
        self.undo_stack.clear()
        self.title_changed.emit()
        self.text_changed.emit()
        self.changed.emit()

    def _begin(self, state: State, positions: Positions) -> None:
        self._is_gone = False
        self._analysis.forget()
        self.undo_stack.clear()
        self._state, self._positions = state, positions
        self._watcher.watch([] if state.path is None else [state.path])
        self.opened.emit()
        self.title_changed.emit()
        self.text_changed.emit()
        self._analysis.want(state)

    # Editing

    def edit(
        self, label: str, function: Callable[Concatenate[Source, P], str], *args: P.args, **kwargs: P.kwargs
    ) -> bool:
        """Change the text by a function of `netspec.editing`; False, and `refused`, when it cannot be done."""
        if self._state is None:
            return False
        try:
            text = function(self._state.source, *args, **kwargs)
        except EditError as problem:
            self.refused.emit(problem.message, problem.hint)
            return False
        except Exception as problem:  # a mistake in the edit: the text stays as it is, and the window open
            LOG.exception("%s failed", label)
            self.refused.emit(f"{label} failed: {type(problem).__name__}: {problem}", "change it in the text")
            return False
        positions = self._positions
        if function is editing.rename:
            after = replace(self._state, text=text).source
            names = editing.renames(editing.outline(self._state.source), editing.outline(after))
            positions = {names.get(name, name): point for name, point in positions.items()}
            self.renamed.emit(names)
        self._push(label, text, positions)
        return True

    def set_text(self, label: str, text: str) -> None:
        """Replace the text, as typing does; typing that goes on is one command."""
        if self._state is not None:
            if "\r\n" in self._state.text and "\r" not in text:
                text = text.replace("\n", "\r\n")
            self._push(label, text, self._positions, is_typing=True)

    def put(self, label: str, text: str, positions: Mapping[str, tuple[float, float]] | None = None) -> None:
        """Replace the text, and perhaps the places of boxes, in one step."""
        self._push(label, text, self._positions if positions is None else dict(positions))

    def pin(self, points: Mapping[str, tuple[float, float]], label: str = "Move") -> None:
        """Keep boxes where they were put; the spec's text stays as it is."""
        self._push(label, self.text, {**self._positions, **{name: (float(x), float(y)) for name, (x, y) in points.items()}})

    def unpin(self, names: Iterable[str] | None = None, label: str = "Arrange") -> None:
        """Leave boxes to the layout again; None: all of them."""
        gone = set(self._positions if names is None else names)
        self._push(label, self.text, {name: point for name, point in self._positions.items() if name not in gone})

    def _push(self, label: str, text: str, positions: Positions, *, is_typing: bool = False) -> None:
        if self._state is None or (text, positions) == (self._state.text, self._positions):
            return
        change = difference(self._state.text, text)
        command = Change(label, change, (self._positions, positions), self._show, is_typing=is_typing)
        self._is_typing = is_typing
        self.undo_stack.push(command)
        self._is_typing = False

    _is_typing = False

    def _show(self, change: Callable[[str], str], positions: Positions) -> None:
        """Make a change; called by the undo stack only."""
        assert self._state is not None
        text = change(self._state.text)
        is_new = text != self._state.text
        self._positions = positions
        self._state = replace(self._state, text=text, is_settled=self._state.is_settled and not is_new)
        self.title_changed.emit()
        if is_new:
            self.text_changed.emit()
            self._analysis.want(self._state, is_typing=self._is_typing)
        else:
            self.changed.emit()

    def settle(self) -> None:
        """Wait until the state belongs to the text."""
        self._analysis.settle()

    def _take(self, state: State) -> None:
        if self._state is None or state.text != self._state.text:
            return
        self._state = state
        if state.path is not None:
            self._watcher.watch([state.path, *(Path(file) for file in state.texts)])
        self.changed.emit()

    # Saving

    def save(self) -> bool:
        """Write the file; False, and `refused`, when it cannot be written or there is no file yet.

        What somebody else has written meanwhile is not replaced: it is shown, or `conflict` asks (see `keep`).
        """
        if self._state is None or self._state.path is None:
            return False
        if self.is_overtaken():  # the watcher tells it later, or never where it cannot watch
            self._follow()
            return not self.is_modified
        return self._write(self._state.path, self._state.text)

    def save_as(self, path: Path | str) -> bool:
        """Write another file, which is the document's from now on."""
        path = Path(path).absolute()
        if self._state is None:
            return False
        format = FORMATS.get(path.suffix.lower())
        if format != self._state.format:
            self.refused.emit(f"{path.name}: this spec is written in {self._state.format.upper()}",
                              f"give it the ending .{self._state.format}")  # fmt: skip
            return False
        text = moved_text(self._state.source, path.parent)
        if not self._write(path, text):
            return False
        self._state = replace(self._state, path=path, file=str(path), folder=path.parent)
        self._push("Save elsewhere", text, self._positions)
        self.title_changed.emit()
        self._analysis.want(self._state)
        return True

    def _write(self, path: Path, text: str) -> bool:
        data = (self._bom + text).encode(errors="surrogatepass")
        target = path.resolve()  # a link stays one
        try:
            if not _holds(target, data):
                replace_file(target, lambda stream: _write_all(stream, data))
            layout_file.write(path, self._positions)
        except OSError as problem:
            self.refused.emit(f"{path.name} cannot be written: {problem.strerror or problem}", "save it elsewhere")
            return False
        self._on_disk, self._is_gone = text, False
        self._saved = (text, self._positions)
        self.title_changed.emit()
        return True

    # Changes on disk

    def reload(self) -> bool:
        """Take the text from the disk; what stood here can be had back by undo."""
        if self._state is None or self._state.path is None:
            return False
        try:
            source, self._bom = _read(self._state.path)
        except SpecError as failure:
            problem = failure.problems[0]
            self.refused.emit(f"{self._state.path.name}: {problem.message}", problem.hint)
            return False
        positions = layout_file.read(self._state.path)
        self._on_disk, self._is_gone = source.text, False
        self._saved = (source.text, positions)
        self._push("Reload", source.text, positions)
        self.title_changed.emit()
        return True

    def keep(self) -> None:
        """Keep this text although the file on disk is another; saving will replace that."""
        self._on_disk = self._read_disk()
        self._saved = None
        self.title_changed.emit()

    def is_overtaken(self) -> bool:
        """Whether somebody else has written the file, and nobody has decided what becomes of that."""
        text = self._read_disk()
        return text is not None and text not in (self._on_disk, self.text)

    def _read_disk(self) -> str | None:
        """What stands in the file now; None when it is gone or cannot be read."""
        if self.path is None:
            return None
        try:
            return _read(self.path)[0].text
        except SpecError:
            return None

    def _follow(self) -> None:
        """Something has changed on disk: the file, or one that it extends."""
        state = self._state
        if state is None or state.path is None:
            return
        text, was_modified = self._read_disk(), (state.text, self._positions) != self._saved
        was_gone, self._is_gone = self._is_gone, text is None
        if text is not None and text != self._on_disk:
            if text == state.text:
                self._on_disk, self._saved = text, (text, self._saved[1] if self._saved else self._positions)
            elif was_modified:
                self.conflict.emit()
            else:
                self.reload()
        if was_gone != self._is_gone or not was_modified:
            self.title_changed.emit()
        if any(_changed(file, known) for file, known in state.texts.items() if file != state.file):
            self._analysis.want(state)


def _read(path: Path) -> tuple[Source, str]:
    """A file's text, and its byte-order mark if it has one."""
    source = read_source(path)
    with path.open("rb") as stream:
        has_bom = stream.read(3) == BOM.encode()
    return source, BOM if has_bom else ""


def _changed(file: str, known: str) -> bool:
    try:
        return read_source(file).text != known
    except SpecError:
        return True


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _write_all(stream: Any, data: bytes) -> None:
    stream.write(data)
