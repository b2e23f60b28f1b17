"""The search field of the toolbar: layers to go to, commands to give, types of layers to add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from gui.desk import Desk
from gui.icons import icon
from netspec import editing
from netspec.registry import plugins

WIDTH = 260
SHOWN = 14
"""Lines of the list at once."""


@dataclass(frozen=True)
class Found:
    """One line of the list, and what it does."""

    text: str
    act: Callable[[], object]


class Search(QLineEdit):
    """Type a part of a name, choose with the arrow keys, Return."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.found: dict[str, Found] = {}
        self.setPlaceholderText("Search layers and commands")
        self.setAccessibleName("Search layers and commands")
        self.setObjectName("search")
        self.setFixedWidth(WIDTH)
        self.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._lines = QStringListModel(self)
        completer = QCompleter(self._lines, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(SHOWN)
        completer.activated.connect(self._act)
        self.setCompleter(completer)
        self.returnPressed.connect(self._choose_first)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.refill()
        super().focusInEvent(event)

    def refill(self) -> None:
        """List what there is now."""
        self.found = {item.text: item for item in (*self._layers(), *self._commands(), *self._types())}
        self._lines.setStringList(list(self.found))

    def _layers(self) -> Iterator[Found]:
        state = self.desk.document.state
        for node in state.outline.nodes if state is not None else ():
            yield Found(f"{node.name}   {node.type}", partial(self.desk.go_to_layer, node.name))

    def _commands(self) -> Iterator[Found]:
        for action in self.desk.actions.values():
            if action.isEnabled() and action.text():
                yield Found(command_text(action), action.trigger)

    def _types(self) -> Iterator[Found]:
        for kind in plugins("netspec.layers") if self.desk.document.state is not None else ():
            yield Found(f"Add {kind}", partial(self._add, kind))

    def _add(self, kind: str) -> None:
        """Behind the chosen layer, else at the end."""
        after = next(iter(self.desk.chosen)) if len(self.desk.chosen) == 1 else None
        self.desk.document.edit(f"Add {kind}", editing.add_layer, kind, None, after)

    def _choose_first(self) -> None:
        """Return without a choice takes the first line that fits."""
        text = self.text().casefold()
        line = self.text() if self.text() in self.found else next((it for it in self.found if text in it.casefold()), "")
        if text and line:
            self._act(line)

    def _act(self, line: str) -> None:
        found = self.found.get(line)
        self.clear()
        self.clearFocus()
        if found is not None:
            found.act()


def command_text(action: QAction) -> str:
    """ "&Save" with Ctrl+S → "Save   Ctrl+S"."""
    name = action.text().replace("&", "").removesuffix(" …")
    return f"{name}   {action.shortcut().toString()}".rstrip()
