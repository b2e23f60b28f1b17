"""A field for values of several kinds: a box to choose the kind, and its field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.forms.around import Around
from gui.forms.choice_editor import Combo
from gui.forms.editors import MIXED, Editor


@dataclass(frozen=True)
class Form:
    """One way to write a value. start: what is entered when it is chosen; None: nothing yet; clears: the key is
    taken away."""

    name: str
    make: Callable[[], Editor] | None
    takes: Callable[[Any], bool]
    start: Any = None
    clears: bool = False


class UnionEditor(Editor):
    """A value that may be of several kinds: a box to choose the kind, and its field."""

    def __init__(self, forms: Sequence[Form]) -> None:
        super().__init__()
        self.forms = list(forms)
        self.box = Combo()
        self.box.addItems([form.name for form in self.forms])
        self.editors = [form.make() if form.make else None for form in self.forms]
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.box)
        for editor in self.editors:
            if editor is not None:
                column.addWidget(editor)
                editor.hide()
                editor.entered.connect(self.entered)
                editor.refused.connect(self.refused)
        self._add(holder)
        self.setFocusProxy(self.box)
        self.box.activated.connect(self._choose)
        self._shown = -1

    def set_name(self, name: str) -> None:
        self.box.setAccessibleName(f"{name}: kind")
        for editor in self.editors:
            if editor is not None:
                editor.set_name(name)

    def show_value(self, value: Any) -> None:
        place = next((i for i, form in enumerate(self.forms) if form.takes(value)), len(self.forms) - 1)
        if self.is_busy() and place == self._shown:
            return
        self._show(place)
        editor = self.editors[place]
        if editor is not None:
            editor.show_value(value)

    def show_mixed(self) -> None:
        self.box.setPlaceholderText(MIXED)
        self.box.setCurrentIndex(-1)
        self._shown = -1
        self._show_editor(None)

    def is_busy(self) -> bool:
        editor = self.editors[self._shown] if self._shown >= 0 else None
        return editor is not None and editor.is_busy()

    def take_around(self, around: Around) -> None:
        for editor in self.editors:
            if editor is not None:
                editor.take_around(around)

    def _show(self, place: int) -> None:
        self._shown = place
        self.box.setCurrentIndex(place)
        self._show_editor(self.editors[place])

    def _show_editor(self, wanted: Editor | None) -> None:
        for editor in self.editors:
            if editor is not None:
                editor.setVisible(editor is wanted)

    def _choose(self, place: int) -> None:
        form = self.forms[place]
        if place == self._shown:
            return
        self._show(place)
        editor = self.editors[place]
        if form.start is not None or form.clears:
            self.entered.emit(form.start)
        elif editor is not None:
            editor.show_value(None)
            editor.setFocus(Qt.FocusReason.OtherFocusReason)
