"""The network's sections, one below the other: input, loss, data, training, optimizers, …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.forms.editors import ChoiceEditor
from gui.forms.edits import reset_everywhere, set_everywhere, set_type_everywhere
from gui.forms.fields import Field
from gui.forms.icons import icon
from gui.forms.manners import Manners, follow_down, teach
from gui.forms.table_form import TableForm, key_problems, shown_values
from gui.forms.tables import keys_at, kinds_like
from gui.state import State
from gui.text.layers_in_text import scanned
from gui.text.marks import severity_colour
from netspec import editing
from netspec.editing import Address
from netspec.problems import Problem
from netspec.registry import plugins

TOP = ("name", "description", "seed", "dialect", "outputs", "metrics")
"""Keys at the top of the file that have a row."""
NAMES_OF_LAYERS = ("outputs", "input", "freeze", "replace", "freeze_to")
INHERITED = "From a file that this one extends."


@dataclass(frozen=True)
class Part:
    """A section. key: what the file calls it; package: the family of its types; many: there may be several."""

    title: str
    key: str
    package: str = ""
    many: str = ""


PARTS = (
    Part("Network", ""),
    Part("Input", "input", many="inputs"),
    Part("Loss", "loss", "netspec.losses", many="losses"),
    Part("Data", "data", "netspec.datasets"),
    Part("Training", "train"),
    Part("Optimizer", "optimizer", "netspec.optimizers", many="optimizers"),
    Part("Schedule", "schedule", "netspec.schedules"),
    Part("Transfer", "transfer"),
    Part("Checkpoint", "checkpoint"),
    Part("Early stopping", "early_stopping"),
    Part("Variables", "variables"),
)
OPEN_AT_FIRST = frozenset({"Network", "Input", "Training", "Optimizer"})


@dataclass(frozen=True)
class Entry:
    """One section that is there, or could be."""

    part: Part
    address: Address
    written: dict[str, Any]
    resolved: dict[str, Any]
    is_there: bool
    title: str


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
        fields = _fields(self.entry, state)
        has_names = any(field.key in NAMES_OF_LAYERS for field in fields.values())  # other forms stay while layers come and go
        words = [node.name for node in state.outline.children(None)] if has_names else []
        signature = repr((sorted(fields.items()), words, self.entry.address))
        if signature != self._signature:
            self._signature = signature
            self._make_form(fields, words)
        assert self.form is not None
        if self.types is not None:
            self.types.show_value(self.entry.written.get("type", self.entry.resolved.get("type")))
        found = key_problems(problems, _depth(self.entry.address, problems))
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


class NetworkPage(QWidget):
    """All sections. `edit_wanted` carries a label, a function of netspec.editing and its arguments."""

    edit_wanted = Signal(str, object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sections: dict[tuple[str, Address], Section] = {}
        self._manners = Manners(self)
        self._makes = QTimer(self, interval=0, singleShot=True)
        self._makes.timeout.connect(self._make_next)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2, 4, 8, 8)
        self._column.setSpacing(4)
        self.more = QPushButton("Add an optimizer to the race")
        self.more.setObjectName("small")
        self.more.clicked.connect(self._add_optimizer)
        self._column.addWidget(self.more)
        self._column.addStretch(1)

    def show_network(self, state: State) -> None:
        """Show all sections of a state. The first time their forms are made one by one, and the window lives in between."""
        at_once = bool(self.sections)
        entries = [entry for part in PARTS for entry in entries_of(part, state)]
        keys = [(entry.part.title, entry.address) for entry in entries]
        if keys != list(self.sections):
            self._make_sections(entries)
        for key, entry in zip(keys, entries, strict=True):
            self.sections[key].show_entry(entry, state, problems_of(entry, state), at_once=at_once)
        if not at_once:
            self._makes.start()
        self.more.setVisible(any(entry.part.key == "optimizer" and entry.is_there for entry in entries))

    def make_forms(self) -> None:
        """Make all forms that wait, however long that takes."""
        for section in self.sections.values():
            section.make_form()

    def _make_next(self) -> None:
        """One form a turn: all of them take 0.2 s, and the click that opens the first document would seem to hang."""
        late = [section for section in self.sections.values() if section.is_late]
        for section in late[:1]:
            section.make_form()
        if len(late) > 1:
            self._makes.start()

    def follow_theme(self) -> None:
        """Make the sections anew: their icons have the colours of the theme."""
        for section in self.sections.values():
            section.hide()
            section.deleteLater()
        self.sections.clear()

    def section(self, title: str) -> Section:
        """The section of this title."""
        return next(section for section in self.sections.values() if section.entry.title == title)

    def section_of(self, problem: Problem) -> Section | None:
        """The section that a problem is about."""
        return next((section for section in self.sections.values() if problem in section.problems), None)

    def _make_sections(self, entries: list[Entry]) -> None:
        """Sections that stay keep their state."""
        old, self.sections = self.sections, {}
        for place, entry in enumerate(entries):
            key = (entry.part.title, entry.address)
            section = old.pop(key, None)
            if section is None:
                section = Section(entry, self._manners)
                section.edit_wanted.connect(self.edit_wanted)
                section.head.setChecked(entry.part.title in OPEN_AT_FIRST)
            self.sections[key] = section
            self._column.insertWidget(place, section)
        stops = [stop for section in self.sections.values() for stop in section.stops()]
        follow_down(stops[0], [*stops[1:], self.more])
        for section in old.values():
            section.hide()
            section.deleteLater()
        last = max((place for place, entry in enumerate(entries) if entry.part.key == "optimizer"), default=0)
        self._column.insertWidget(last + 1, self.more)

    def _add_optimizer(self) -> None:
        part = next(part for part in PARTS if part.key == "optimizer")
        menu = type_menu(self, part.package, partial(self._add, part))
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _add(self, part: Part, kind: str) -> None:
        values = {"type": kind, **editing.starting_fields(kind, part.package)}
        self.edit_wanted.emit(f"Add optimizer {kind}", editing.add_section, (part.key, values))


def entries_of(part: Part, state: State) -> list[Entry]:
    """The sections of a kind: one, or each of several."""
    file = scanned(state.text, state.format).tree
    if not part.key:
        tops = {key: value for key, value in file.items() if key in TOP}
        return [Entry(part, (), tops, {key: state.tree[key] for key in TOP if key in state.tree}, True, part.title)]
    several = file.get(part.many) if part.many else None
    inherited = state.tree.get(part.many) if part.many else None
    if isinstance(several, list) and several:
        known = inherited if isinstance(inherited, list) and len(inherited) == len(several) else [{}] * len(several)
        return [
            Entry(part, (part.many, place), _dict(item), _dict(known[place]), True, _numbered(part, place, _dict(item)))
            for place, item in enumerate(several)
        ]
    resolved = state.tree.get(part.key) or (inherited[0] if isinstance(inherited, list) and inherited else None)
    written = _dict(file.get(part.key))
    is_there = part.key in file or bool(resolved) or part.key in ("train", "checkpoint")
    return [Entry(part, (part.key,), written, _dict(resolved), is_there, part.title)]


def problems_of(entry: Entry, state: State) -> list[Problem]:
    """Problems of a section."""
    if not entry.part.key:
        return [problem for problem in state.problems if problem.path and problem.path[0] in TOP]
    names = {entry.part.key, entry.part.many}
    place = entry.address[1] if len(entry.address) > 1 else 0
    return [
        problem for problem in state.problems
        if problem.path and problem.path[0] in names
        and (len(problem.path) < 2 or not isinstance(problem.path[1], int) or problem.path[1] == place)
    ]  # fmt: skip


def type_menu(parent: QWidget, package: str, choose: Any) -> QMenu:
    """A menu of a family's types, with what they are."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for name, plugin in plugins(package).items():
        action = menu.addAction(name)
        action.setToolTip(plugin.summary())
        action.triggered.connect(lambda _=False, name=name: choose(name))
    return menu


def _depth(address: Address, problems: list[Problem]) -> int:
    """Steps of a problem's path before the key: ("optimizers", 0, "lr") has two, ("optimizer", "lr") one."""
    is_numbered = any(len(problem.path) > 1 and isinstance(problem.path[1], int) for problem in problems)
    return 2 if is_numbered else len(address) and 1


def _fields(entry: Entry, state: State) -> dict[str, Field]:
    file = scanned(state.text, state.format).tree
    if not entry.part.key:
        keys = keys_at((), file)
        assert keys is not None
        return {key: keys.fields[key] for key in TOP}
    if entry.part.key == "variables":
        return {key: Field(key, kinds_like(value), "`${" + key + "}` stands for this value.", default=None)
                for key, value in entry.written.items()}  # fmt: skip
    kind = entry.written.get("type", entry.resolved.get("type"))
    tree = {"dialect": file.get("dialect"), entry.part.key: {"type": kind} if kind else {}}
    keys = keys_at((entry.part.key,), tree)
    known = dict(keys.fields) if keys is not None else {}
    extra = {key: Field(key, kinds_like(value), "This key is not known here.") for key, value in entry.written.items()
             if key not in known}  # fmt: skip
    return {**known, **extra}


def _numbered(part: Part, place: int, table: Mapping[str, Any]) -> str:
    name = table.get("name") or table.get("type")
    return f"{part.title} {place + 1}" + (f": {name}" if isinstance(name, str) else "")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
