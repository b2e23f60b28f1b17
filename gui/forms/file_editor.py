"""A field for a file of weights: a path relative to the spec, or the name of public weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QToolButton

from gui.forms.around import Around
from gui.forms.editors import TextEditor
from gui.forms.fields import Text
from gui.forms.icons import icon

KINDS = "Weights (*.safetensors *.pth *.pt *.bin *.npz *.h5 *.hdf5 *.keras *.caffemodel);;All files (*)"


class FileEditor(TextEditor):
    """An empty field says nothing."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        super().__init__((Text(),), is_plain=True, words=words)
        self.choose, self._folder = QToolButton(), Path()
        self.choose.setIcon(icon("folder"))
        self.choose.setAutoRaise(True)
        self.choose.setToolTip("Choose a file")
        self.choose.setAccessibleName("Choose a file")
        self._row.addWidget(self.choose)
        self.choose.clicked.connect(self._ask)

    def take_around(self, around: Around) -> None:
        self._folder = around.folder

    def take_file(self, path: Path) -> None:
        """Enter a file, relative to the spec where that is shorter."""
        self.entered.emit(relative(path, self._folder))

    def _ask(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose a file of weights", str(self._folder), KINDS)
        if name:
            self.take_file(Path(name))

    def _enter(self) -> None:
        if self.line.isModified() and not self.line.text().strip():
            self.line.setModified(False)
            self.entered.emit(None)
        else:
            super()._enter()


def relative(path: Path, folder: Path) -> str:
    """How a spec in a folder names a file: relative when the file is in it or beside it, with forward slashes."""
    path, folder = path.absolute(), folder.absolute()
    for base, prefix in ((folder, ""), (folder.parent, "../")):
        if path.is_relative_to(base) and base != base.parent:
            return prefix + path.relative_to(base).as_posix()
    return path.as_posix()
