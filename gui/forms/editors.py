"""Fields for single values: numbers, switches, choices, texts. Each tells what was entered, and never loses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QCompleter, QHBoxLayout, QLineEdit, QWidget

from gui.forms.fields import Boolean, Choice, Field, Integer, Kind, Number
from gui.forms.values import RefusedError, check, read_value, step, written

MIXED = "mixed"
GAP = 4


class Editor(QWidget):
    """One value. `entered` carries a new one, `refused` why what stands in the field cannot be taken."""

    entered = Signal(object)
    refused = Signal(str)

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


class Spin(QAbstractSpinBox):
    """A number with arrows that takes any text: what is no number is told, not swallowed."""

    given_up = Signal()
    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setLineEdit(Line())
        self.line.given_up.connect(self.given_up)

    @property
    def line(self) -> Line:
        """Where the number is written."""
        line = self.lineEdit()
        assert isinstance(line, Line)
        return line

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, place

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:  # noqa: N802
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def stepBy(self, steps: int) -> None:  # noqa: N802
        self.stepped.emit(steps)


class NumberEditor(Editor):
    """A number with its limits."""

    def __init__(self, kind: Integer | Number, default: Any = None) -> None:
        super().__init__()
        self.kind, self._default, self._value = kind, default, None
        self.spin = Spin()
        self.spin.setMinimumWidth(56)
        self._add(self.spin)
        self.spin.editingFinished.connect(self._enter)
        self.spin.stepped.connect(self._step)
        self.spin.given_up.connect(lambda: self.show_value(self._value))

    def show_value(self, value: Any) -> None:
        self._value = value
        self.spin.line.setPlaceholderText("")
        self.spin.line.setText(written(value))

    def show_mixed(self) -> None:
        self.show_value(None)
        self.spin.line.setPlaceholderText(MIXED)

    def is_busy(self) -> bool:
        return self.spin.line.isModified()

    def _enter(self) -> None:
        if not self.spin.line.isModified():
            return
        text = self.spin.line.text().strip()
        if not text and self._value is None:
            self.spin.line.setModified(False)
            return
        try:
            value = read_value(text, (self.kind,))
        except RefusedError as problem:
            self.refused.emit(str(problem))
            return
        self.spin.line.setModified(False)
        if value != self._value:
            self.entered.emit(value)
        else:
            self.show_value(self._value)

    def _step(self, steps: int) -> None:
        start = self._value if isinstance(self._value, int | float) else self._default
        if self.spin.line.isModified():
            try:
                start = read_value(self.spin.line.text(), (self.kind,))
            except RefusedError as problem:
                self.refused.emit(str(problem))
                return
        start = start if isinstance(start, int | float) else (self.kind.least or 0)
        value = step(start, self.kind, steps)
        self.spin.line.setModified(False)
        if value != self._value:
            self.entered.emit(value)


class SwitchEditor(Editor):
    """true or false."""

    def __init__(self, words: str = "") -> None:
        super().__init__()
        self.box = QCheckBox(words)
        self._add(self.box)
        self.box.clicked.connect(self._enter)

    def show_value(self, value: Any) -> None:
        self.box.setTristate(False)
        self.box.setChecked(bool(value))

    def show_mixed(self) -> None:
        self.box.setTristate(True)
        self.box.setCheckState(Qt.CheckState.PartiallyChecked)

    def _enter(self) -> None:
        self.box.setTristate(False)
        self.entered.emit(self.box.isChecked())


class ChoiceEditor(Editor):
    """One of a few values; another one that stands in the text is shown, too, and can be left as it is."""

    def __init__(self, options: Sequence[Any], names: Sequence[str] = ()) -> None:
        super().__init__()
        self.options: list[Any] = list(options)
        self._shown: list[Any] = []
        self._names = dict(zip(map(str, options), names, strict=False))
        self.box = QComboBox()
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(8)
        self._add(self.box)
        self.box.activated.connect(self._enter)
        self.show_value(None)

    def show_value(self, value: Any) -> None:
        known = value is None or value in self.options
        self._fill([*self.options] if known else [*self.options, value], value)

    def show_mixed(self) -> None:
        self._fill(self.options, None)
        self.box.setPlaceholderText(MIXED)

    def _fill(self, values: Sequence[Any], value: Any) -> None:
        if list(values) != self._shown:
            self._shown = list(values)
            self.box.clear()
            self.box.addItems([self._names.get(str(item), str(item)) for item in values])
        self.box.setCurrentIndex(self._shown.index(value) if value in self._shown else -1)

    def _enter(self, row: int) -> None:
        self.entered.emit(self._shown[row])


class NamesEditor(TextEditor):
    """A list of names or numbers, with commas between."""

    def __init__(self, kinds: Sequence[Kind], words: Sequence[str] = ()) -> None:
        super().__init__(kinds)
        self._words = list(words)
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
        if word and self._completer.completionCount() and self._words:
            self._completer.complete()

    def _take(self, word: str) -> None:
        place = self.line.cursorPosition()
        before, behind = self.line.text()[:place], self.line.text()[place:]
        head = before.rpartition(",")[0]
        self.line.setText(f"{head}, {word}{behind}" if head else f"{word}{behind}")
        self.line.setModified(True)


def simple_editor(field: Field, words: Sequence[str] = ()) -> Editor | None:
    """The field for a key that holds one kind of simple value; None for others."""
    kind = field.kinds[0]
    if len(field.kinds) > 1:
        return None
    if isinstance(kind, Boolean):
        return SwitchEditor()
    if isinstance(kind, Integer | Number):
        return NumberEditor(kind, field.default)
    return ChoiceEditor(kind.options) if isinstance(kind, Choice) else None
