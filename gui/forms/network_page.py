"""The network's sections, one below the other: input, loss, data, training, optimizers, …"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from gui.forms.manners import Manners, follow_down
from gui.forms.parts import PARTS, Entry, Part, entries_of, problems_of
from gui.forms.section import Section, type_menu
from gui.state import State
from netspec import editing
from netspec.editing import Address
from netspec.problems import Problem

OPEN_AT_FIRST = frozenset({"Network", "Input", "Training", "Optimizer"})


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
