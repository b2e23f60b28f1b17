"""One key in a form: its name, its field, a button that takes it back to its default, and what is wrong with it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from gui.forms.around import Around
from gui.forms.editors import Editor, NamesEditor, TextEditor
from gui.forms.fields import Field, Text, describe
from gui.forms.icons import icon, severity_pixmap
from gui.forms.making import make_editor
from gui.forms.manners import follow_down
from gui.forms.units import HINTS, UNITS
from gui.forms.values import is_expression
from gui.text.marks import problem_html, severity_colour
from gui.theme import current_theme
from netspec.problems import Problem, Severity
from netspec.rendering import toml_value

LABEL, WIDER = 104, 60
"""Width of the names in pixels; and so much more beside fields that stand below."""


@dataclass(frozen=True)
class Shown:
    """What a key says. value: None when it is not there and has no default; is_set: it is written in this file;
    origin: where an inherited value comes from; result: what an expression comes to, None when that is not known;
    hint: what holds without a value."""

    value: Any = None
    is_set: bool = False
    is_mixed: bool = False
    origin: str = ""
    result: Any = None
    hint: str = ""


class FieldRow(QWidget):
    """`entered` carries a new value, `reset` nothing."""

    entered = Signal(object)
    reset = Signal()

    def __init__(self, field: Field, words: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field, self.shown = field, Shown()
        self._words = words
        self.label, self.unit, self.reset_button = QLabel(field.key.replace("_", "_\u200b")), QLabel(), QToolButton()
        self.error, self.symbol = QLabel(), QLabel()
        self.editor: Editor = make_editor(field, words)
        self._plain = self.editor
        self._text: TextEditor | None = None
        self._refusal = ""
        self._problems: list[Problem] = []
        self._grid = QGridLayout(self)
        self._lay_out()
        self._connect(self.editor)
        self.reset_button.clicked.connect(self._reset)

    def show_value(self, shown: Shown, problems: Sequence[Problem] = ()) -> None:
        """Show a value and its problems; what is being typed, or was refused, stays."""
        is_new = (shown.value, shown.is_set, shown.is_mixed) != (self.shown.value, self.shown.is_set, self.shown.is_mixed)
        self.shown, self._problems = shown, list(problems)
        if is_new and self._refusal and not self.editor.is_busy():
            self._refusal = ""
        if not self.editor.is_busy():
            self._choose_editor(is_expression(shown.value) and not shown.is_mixed)
            if shown.is_mixed:
                self.editor.show_mixed()
            else:
                self.editor.show_value(shown.value)
        self._dress()

    def forget(self) -> None:
        """Drop what was begun or refused."""
        self._refusal = ""
        self._choose_editor(False)
        for line in self.findChildren(QLineEdit):
            line.setModified(False)

    def set_words(self, words: Sequence[str]) -> None:
        """Names to propose."""
        if isinstance(self._plain, NamesEditor):
            self._plain.set_words(words)

    def take_around(self, around: Around) -> None:
        """What stands in the text around the key."""
        self._plain.take_around(around)

    def refuse(self, reason: str) -> None:
        """Say why what stands in the field was not taken."""
        self._refusal = reason
        self._dress()

    def write_as_text(self) -> None:
        """Show the value as TOML, to type anything: an expression, a table."""
        self._choose_editor(True)
        self.editor.show_value(self.shown.value if is_expression(self.shown.value) else _as_toml(self.shown.value))
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def error_text(self) -> str:
        """What is wrong, as it stands below the field."""
        if self._refusal:
            return self._refusal
        return "\n".join(f"{item.message}" + (f"; {item.hint}" if item.hint else "") for item in self._problems)

    def menu(self) -> QMenu:
        """What can be done with this key."""
        menu = QMenu(self)
        back = menu.addAction(f"Reset to {_spelled(self.field.default)}")
        back.setEnabled(self.shown.is_set and not self.field.is_required)
        back.triggered.connect(lambda _=False: self._reset())
        menu.addAction("Write as text or ${expression}").triggered.connect(lambda _=False: self.write_as_text())
        return menu

    def _reset(self) -> None:
        self._refusal = ""
        self._choose_editor(False)
        self.editor.show_value(None)
        self.reset.emit()

    def _enter(self, value: Any) -> None:
        self._refusal = ""
        self.entered.emit(value)
        self._dress()

    def _choose_editor(self, as_text: bool) -> None:
        if as_text and self._text is None and not isinstance(self._plain, TextEditor):
            self._text = TextEditor((*self.field.kinds, Text()) if self._takes_text() else self.field.kinds)
            self._connect(self._text)
            self._text.set_name(self.field.key)
            self._grid.addWidget(self._text, 0, 1, Qt.AlignmentFlag.AlignTop)
            follow_down(self._plain, (self._text, self.reset_button))
        wanted: Editor = self._text if as_text and self._text is not None else self._plain
        if wanted is not self.editor:
            self.editor.hide()
            self.editor = wanted
        self.editor.setVisible(True)

    def _takes_text(self) -> bool:
        return any(isinstance(kind, Text) for kind in self.field.kinds)

    def _connect(self, editor: Editor) -> None:
        editor.entered.connect(self._enter)
        editor.refused.connect(self.refuse)

    def _dress(self) -> None:
        """Name, reset button, unit and errors fit the value."""
        theme, text = current_theme(), self.error_text()
        is_error = bool(self._refusal) or any(item.severity == "error" for item in self._problems)
        self.label.setStyleSheet(
            f"color: {theme.text}; font-weight: 600" if self.shown.is_set else f"color: {theme.secondary}"
        )
        self.reset_button.setVisible(self.shown.is_set and not self.field.is_required)
        self.editor.show_as_default(not self.shown.is_set and not self.editor.is_busy())
        self.editor.show_hint(self.shown.hint or HINTS.get(self.field.key, ""))
        self.error.setVisible(bool(text))
        self.error.setText(text)
        severity: Severity = "error" if is_error else "warning"
        self.error.setStyleSheet(f"color: {severity_colour(severity).name()}")
        self.symbol.setVisible(bool(text))
        if text:
            self.symbol.setPixmap(severity_pixmap(severity))
        result = f"= {_spelled(self.shown.result)}" if is_expression(self.shown.value) and self.shown.result is not None else ""
        self.unit.setText(result or UNITS.get(self.field.key, ""))
        self.unit.setVisible(bool(self.unit.text()))
        tip = self._tip()
        self.label.setToolTip(tip)
        self.editor.setToolTip(tip)
        self.editor.setAccessibleDescription(". ".join(part for part in (self.field.doc, text) if part))

    def _tip(self) -> str:
        theme = current_theme()
        kinds = " or ".join(dict.fromkeys(describe(kind) for kind in self.field.kinds))
        default = "required" if self.field.is_required else f"default {_spelled(self.field.default)}"
        parts = [f"<b>{self.field.key}</b> <span style='color:{theme.secondary}'>{html.escape(kinds)} · "
                 f"{html.escape(default)}</span>"]  # fmt: skip
        parts.append(html.escape(self.field.doc))
        parts += [html.escape(self.shown.origin)] if self.shown.origin else []
        parts += [problem_html(problem) for problem in self._problems]
        return "<br>".join(part for part in parts if part)

    def _lay_out(self) -> None:
        grid = self._grid
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        self.label.setFixedWidth(LABEL)
        self.label.setWordWrap(True)
        self.label.setBuddy(self.editor)
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.label.setContentsMargins(0, 4, 0, 0)
        self.label.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.label.customContextMenuRequested.connect(lambda place: self.menu().popup(self.label.mapToGlobal(place)))
        self.unit.setObjectName("secondary")
        self.unit.setContentsMargins(0, 4, 0, 0)
        self.error.setWordWrap(True)
        self.error.setObjectName("fieldError")
        self.reset_button.setIcon(icon("reset"))
        self.reset_button.setAutoRaise(True)
        self.reset_button.setToolTip(f"Reset to {_spelled(self.field.default)}")
        self.reset_button.setAccessibleName(f"Reset {self.field.key}")
        policy = self.reset_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(policy)
        self.reset_button.setFixedWidth(22)
        self.editor.set_name(self.field.key)
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.label, 0, 0, top)
        if self.editor.is_wide:
            grid.addWidget(self.editor, 1, 0, 1, 4)
            self.label.setFixedWidth(LABEL + WIDER)
        else:
            grid.addWidget(self.editor, 0, 1, top)
        grid.addWidget(self.unit, 0, 2, top)
        grid.addWidget(self.reset_button, 0, 3, top)
        grid.addWidget(self.symbol, 2, 0, Qt.AlignmentFlag.AlignRight | top)
        grid.addWidget(self.error, 2, 1, 1, 3)
        grid.setColumnStretch(1, 1)
        self.error.hide()
        self.symbol.hide()


def _spelled(value: Any) -> str:
    return "nothing" if value is None else toml_value(value)


def _as_toml(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else toml_value(value)


