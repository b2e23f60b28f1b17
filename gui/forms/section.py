"""One section of the spec: a title that opens and closes a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.forms.around import Around
from gui.forms.choice_editor import ChoiceEditor
from gui.forms.edits import reset_everywhere, set_everywhere, set_type_everywhere
from gui.forms.fields import Field
from gui.forms.icons import icon
from gui.forms.manners import Manners, follow_down, teach
from gui.forms.parts import Entry, Part, depth_of, fields_of_entry
from gui.forms.table_form import TableForm, key_problems, shown_values
from gui.state import State
from gui.text.marks import severity_colour
from netspec import editing
from netspec.problems import Problem
from netspec.registry import plugins

NAMES_OF_LAYERS = ("outputs", "input", "freeze", "replace", "freeze_to")
INHERITED = "From a file that this one extends."


class Section(QWidget):
    """A title that opens and closes a form."""

    edit_wanted = Signal(str, object, object)

    def __init__(self, entry: Entry, manners: Manners) -> None:
        super().__init__()
        self.entry, self._manners = entry, manners
        self.head, self.summary = QToolButton(), QLabel()
        self.add, self.remove = QPushButton("Add"), QToolButton()
        self.types: ChoiceEditor | None = None
        self.form: TableForm | None = None
        self.body, self._column = QWidget(), QVBoxLayout()
        self._signature = ""
        self._state: State | None = None
        self.problems: list[Problem] = []
        self._lay_out()
        self.head.toggled.connect(self._open)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)

    def show_entry(self, entry: Entry, state: State, problems: list[Problem], *, at_once: bool = True) -> None:
        """Show what the section says. at_once: else a form that is not made yet waits for `make_form`."""
        self.entry, self._state, self.problems = entry, state, problems
        self.head.setText(entry.title)
        self.head.setAccessibleName(f"Section {entry.title}")
        kind = entry.written.get("type", entry.resolved.get("type"))
        self.summary.setText("not there" if not entry.is_there else kind if isinstance(kind, str) else "")
        has_errors = any(problem.severity == "error" for problem in problems)
        self.summary.setStyleSheet(f"color: {severity_colour('error').name()}" if has_errors else "")
        if problems:
            self.summary.setText(f"{len(problems)} problem{'s' * (len(problems) > 1)}")
        self.add.setVisible(not entry.is_there)
        can_go = entry.is_there and bool(entry.part.key) and entry.part.key != "input" and bool(entry.written)
        self.remove.setVisible(can_go)
        self.head.setEnabled(entry.is_there)
        self.body.setVisible(entry.is_there and self.head.isChecked())
        if entry.is_there and self.head.isChecked() and (at_once or self.form is not None):
            self._show_form(state, problems)

    @property
    def is_late(self) -> bool:
        """Whether a form is wanted that is not made."""
        return self.form is None and self.entry.is_there and self.head.isChecked() and self._state is not None

    def make_form(self) -> None:
        """Make the form that has waited."""
        if self.is_late and self._state is not None:
            self._show_form(self._state, self.problems)

    def _show_form(self, state: State, problems: list[Problem]) -> None:
        fields = fields_of_entry(self.entry, state)
        has_names = any(field.key in NAMES_OF_LAYERS for field in fields.values())  # other forms stay while layers come and go
        words = [node.name for node in state.outline.children(None)] if has_names else []
        signature = repr((sorted(fields.items()), words, self.entry.address))
        if signature != self._signature:
            self._signature = signature
            self._make_form(fields, words)
        assert self.form is not None
        if self.types is not None:
            self.types.show_value(self.entry.written.get("type", self.entry.resolved.get("type")))
        found = key_problems(problems, depth_of(self.entry.address, problems))
        self.form.take_around(Around(state.outline, state.folder))
        self.form.show_values(shown_values(fields, [self.entry.written], [self.entry.resolved], INHERITED), found)

    def _make_form(self, fields: Mapping[str, Field], words: list[str]) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if self.entry.part.package:
            self.types = ChoiceEditor(list(plugins(self.entry.part.package)))
            self.types.set_name(f"Type of {self.entry.title}")
            self.types.entered.connect(self._set_type)
            teach(self.types, self._manners)
            self._column.addWidget(self.types)
        rows = [field for key, field in fields.items() if not (key == "type" and self.entry.part.package)]
        self.form = TableForm({"": rows}, dict.fromkeys(NAMES_OF_LAYERS, words))
        self.form.entered.connect(self._enter)
        self.form.reset.connect(self._reset)
        self._column.addWidget(self.form)
        follow_down(self.remove, self.stops()[3:])

    def stops(self) -> list[QWidget]:
        """What Tab goes through."""
        types = [self.types] if self.types is not None else []
        return [self.head, self.add, self.remove, *types, *(self.form.stops() if self.form is not None else [])]

    def _enter(self, key: str, value: Any) -> None:
        if value is None:
            self._reset(key)
            return
        label = f"Set {key}" + (f" of {self.entry.part.key}" if self.entry.part.key else "")
        self.edit_wanted.emit(label, set_everywhere, ((self.entry.address,), key, value))

    def _reset(self, key: str) -> None:
        self.edit_wanted.emit(f"Reset {key}", reset_everywhere, ((self.entry.address,), key))

    def _set_type(self, kind: str) -> None:
        self.edit_wanted.emit(f"Make {self.entry.part.key} {kind}", set_type_everywhere, ((self.entry.address,), kind))

    def _add(self) -> None:
        part = self.entry.part
        if not part.package:
            self.edit_wanted.emit(f"Add {part.key}", editing.add_section, (part.key, {}))
            return
        menu = type_menu(self, part.package, partial(self._add_type, part))
        menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft()))

    def _add_type(self, part: Part, kind: str) -> None:
        values = {"type": kind, **editing.starting_fields(kind, part.package)}
        self.head.setChecked(True)
        self.edit_wanted.emit(f"Add {part.key} {kind}", editing.add_section, (part.key, values))

    def _remove(self) -> None:
        part = self.entry.part
        index = self.entry.address[1] if len(self.entry.address) > 1 else None
        key = part.many if index is not None else part.key
        self.edit_wanted.emit(f"Remove {self.entry.title.lower()}", editing.remove_section, (key, index))

    def _open(self, is_open: bool) -> None:
        self.head.setIcon(icon("open" if is_open else "closed"))
        if self._state is not None:
            self.show_entry(self.entry, self._state, self.problems)

    def _lay_out(self) -> None:
        self.head.setCheckable(True)
        self.head.setAutoRaise(True)
        self.head.setObjectName("sectionHead")
        self.head.setIcon(icon("closed"))
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.summary.setObjectName("secondary")
        self.add.setObjectName("small")
        self.remove.setIcon(icon("remove"))
        self.remove.setAutoRaise(True)
        self.remove.setToolTip("Remove this section")
        self.remove.setAccessibleName("Remove this section")
        bar = QHBoxLayout()
        bar.setSpacing(6)
        bar.addWidget(self.head)
        bar.addWidget(self.summary, 1)
        bar.addWidget(self.add)
        bar.addWidget(self.remove)
        self._column.setContentsMargins(10, 2, 0, 8)
        self._column.setSpacing(6)
        self.body.setLayout(self._column)
        self.body.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(bar)
        column.addWidget(self.body)


def type_menu(parent: QWidget, package: str, choose: Callable[[str], object]) -> QMenu:
    """A menu of a family's types, with what they are."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for name, plugin in plugins(package).items():
        action = menu.addAction(name)
        action.setToolTip(plugin.summary())
        action.triggered.connect(lambda _=False, name=name: choose(name))
    return menu
