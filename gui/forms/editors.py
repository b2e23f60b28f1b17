"""Fields for single values: numbers, switches, choices, texts. Each tells what was entered, and never loses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.forms.fields import Boolean, Choice, Field, Integer, Kind, Number
from gui.forms.icons import icon
from gui.forms.values import RefusedError, check, read_value, step, written
from gui.theme import current_theme

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


class Spin(QFrame):
    """A number with arrows that takes any text: what is no number is told, not swallowed. Up and Down step, too."""

    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.line = Line()
        self.line.setMinimumWidth(24)
        self.line.installEventFilter(self)
        self.setFocusProxy(self.line)
        arrows = QVBoxLayout()
        arrows.setContentsMargins(0, 1, 1, 1)
        arrows.setSpacing(0)
        for name, steps in (("up", 1), ("down", -1)):
            arrow = QToolButton()
            arrow.setIcon(icon(name))
            arrow.setIconSize(QSize(8, 8))
            arrow.setFixedSize(14, 11)
            arrow.setAutoRepeat(True)
            arrow.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            arrow.clicked.connect(lambda _=False, steps=steps: self.stepped.emit(steps))
            arrows.addWidget(arrow)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.line)
        row.addLayout(arrows)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
            if event.key() in steps:
                self.stepped.emit(steps[Qt.Key(event.key())])
                return True
        return super().eventFilter(watched, event)


class Combo(QComboBox):
    """A box of choices that takes little room; its arrow is drawn, style sheets have none."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        side = 12
        place = QRect(self.width() - side - 4, (self.height() - side) // 2, side, side)
        icon("open").paint(QPainter(self), place)


class NumberEditor(Editor):
    """A number with its limits."""

    def __init__(self, kind: Integer | Number, default: Any = None) -> None:
        super().__init__()
        self.kind, self._default, self._value = kind, default, None
        self.spin = Spin()
        self._add(self.spin)
        self.spin.line.editingFinished.connect(self._enter)
        self.spin.stepped.connect(self._step)
        self.spin.line.given_up.connect(lambda: self.show_value(self._value))

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


class Check(QCheckBox):
    """A box whose three states are drawn in the colours of the theme."""

    SIDE = 16

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.SIDE + 8, self.SIDE + 8)

    def hitButton(self, place: QPoint) -> bool:  # noqa: N802
        return self.rect().contains(place)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, theme, state = QPainter(self), current_theme(), self.checkState()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_on, is_marked = state != Qt.CheckState.Unchecked, self.hasFocus() or self.underMouse()
        box = QRectF(2.5, (self.height() - self.SIDE) / 2 + 0.5, self.SIDE - 1, self.SIDE - 1)
        painter.setPen(QPen(QColor(theme.accent if is_on or is_marked else theme.secondary), 1.5 if self.hasFocus() else 1))
        painter.setBrush(QColor(theme.accent if is_on else theme.surface))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QPen(QColor(theme.surface), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if state == Qt.CheckState.PartiallyChecked:
            painter.drawLine(box.center() - QPointF(4, 0), box.center() + QPointF(4, 0))
        elif is_on:
            middle = box.center()
            painter.drawPolyline([middle + QPointF(-3.5, 0), middle + QPointF(-1, 3), middle + QPointF(4, -3)])


class SwitchEditor(Editor):
    """true or false."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Check()
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
        self.box = Combo()
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
