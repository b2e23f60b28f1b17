"""What a field of a form is, and fields of text. Each tells what was entered, and never loses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLineEdit, QWidget

from gui.forms.around import Around
from gui.forms.fields import Integer, Kind, Number
from gui.forms.values import RefusedError, check, read_value, written

MIXED = "mixed"
GAP = 4


class Editor(QWidget):
    """One value. `entered` carries a new one, `refused` why what stands in the field cannot be taken."""

    entered = Signal(object)
    refused = Signal(str)
    is_wide: ClassVar[bool] = False
    """Whether it stands below the name of its key, and takes the whole width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)

    def show_value(self, value: Any) -> None:
        """Show a value; None: an empty field."""
        raise NotImplementedError

    def show_mixed(self) -> None:
        """Show that the chosen layers differ."""
        raise NotImplementedError

    def is_busy(self) -> bool:
        """Whether something is typed that has not been told yet; it must stay."""
        return False

    def take_around(self, around: Around) -> None:
        """Know what stands in the text around; for fields that propose layers or files."""

    def show_hint(self, text: str) -> None:
        """Say in an empty field what holds without a value."""
        for line in self.findChildren(QLineEdit):
            if line.placeholderText() != MIXED:
                line.setPlaceholderText(text)

    def show_as_default(self, is_default: bool) -> None:
        """Values that are not written in the file are quiet."""
        for child in self.findChildren(QWidget):
            if isinstance(child, QLineEdit | QComboBox) and child.property("isDefault") is not is_default:
                child.setProperty("isDefault", is_default)
                child.style().unpolish(child)
                child.style().polish(child)

    def set_name(self, name: str) -> None:
        """Give the field its accessible name."""
        for child in self.findChildren(QWidget):
            if child.focusPolicy() != Qt.FocusPolicy.NoFocus and not child.accessibleName():
                child.setAccessibleName(name)

    def _add(self, widget: QWidget, stretch: int = 1) -> None:
        self._row.addWidget(widget, stretch)
        if self.focusProxy() is None:
            self.setFocusProxy(widget)


class Line(QLineEdit):
    """A line that keeps what is typed until it is entered or given up with Escape."""

    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(40)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class TextEditor(Editor):
    """A line of text that is read as one of some kinds of values; is_plain: it is the value itself, without quotes."""

    def __init__(self, kinds: Sequence[Kind], *, is_plain: bool = False, words: Sequence[str] = ()) -> None:
        super().__init__()
        self.kinds, self._is_plain, self._value = tuple(kinds), is_plain, None
        self.line = Line()
        self._add(self.line)
        if words:
            completer = QCompleter(list(words), self.line)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            self.line.setCompleter(completer)
        self.line.editingFinished.connect(self._enter)
        self.line.given_up.connect(lambda: self.show_value(self._value))

    def show_value(self, value: Any) -> None:
        self._value = value
        self.line.setPlaceholderText("")
        self.line.setText(written(value))
        self.line.setCursorPosition(0)

    def show_mixed(self) -> None:
        self.show_value(None)
        self.line.setPlaceholderText(MIXED)

    def is_busy(self) -> bool:
        return self.line.isModified()

    def _enter(self) -> None:
        if not self.line.isModified():
            return
        try:
            value = self.line.text() if self._is_plain else read_value(self.line.text(), self.kinds)
        except RefusedError as problem:
            self.refused.emit(str(problem))
            return
        self.line.setModified(False)
        if value != self._value or type(value) is not type(self._value):
            self.entered.emit(value)
        else:
            self.show_value(self._value)


class NamesEditor(TextEditor):
    """A list of names or numbers, with commas between."""

    def __init__(self, kinds: Sequence[Kind], words: Sequence[str] = ()) -> None:
        super().__init__(kinds)
        self._words = QStringListModel(list(words), self)
        self.line.textEdited.connect(lambda _: QTimer.singleShot(0, self, self._propose))
        self._completer = QCompleter(self._words, self.line)
        self._completer.setWidget(self.line)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.activated.connect(self._take)

    def show_value(self, value: Any) -> None:
        super().show_value(", ".join(written(item) for item in value) if isinstance(value, list) else value)
        self._value = value

    def _enter(self) -> None:
        if not self.line.isModified():
            return
        text = self.line.text().strip()
        parts = [part.strip().strip("\"'") for part in text.removeprefix("[").removesuffix("]").split(",")]
        try:
            value = self._items([part for part in parts if part])
        except RefusedError as problem:
            self.refused.emit(str(problem))
            return
        self.line.setModified(False)
        if value != self._value:
            self.entered.emit(value)
        else:
            self.show_value(self._value)

    def _items(self, parts: list[str]) -> list[Any]:
        several = self.kinds[0]
        item = getattr(several, "item", None)
        is_number = isinstance(item, Integer | Number)
        value = [read_value(part, (item,)) if is_number and item is not None else part for part in parts]
        check(value, self.kinds)
        return value

    def _propose(self) -> None:
        word = self.line.text()[: self.line.cursorPosition()].rpartition(",")[2].strip()
        self._completer.setCompletionPrefix(word)
        if word and self._completer.completionCount():
            self._completer.complete()

    def set_words(self, words: Sequence[str]) -> None:
        """Names to propose."""
        self._words.setStringList(list(words))

    def _take(self, word: str) -> None:
        place = self.line.cursorPosition()
        before, behind = self.line.text()[:place], self.line.text()[place:]
        head = before.rpartition(",")[0]
        self.line.setText(f"{head}, {word}{behind}" if head else f"{word}{behind}")
        self.line.setModified(True)
