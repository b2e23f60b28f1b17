"""What the window's actions do to the chosen layers."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QMessageBox, QTextBrowser, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.panel import Panel
from netspec import __version__, editing
from netspec.editing import EditError
from netspec.look import plural

if TYPE_CHECKING:
    from gui.main_window import MainWindow

MENUS = ("File", "Edit", "Layer", "Train", "View", "Help")
OTHERS = "Others"
"""Heading of the keys whose actions stand in no menu."""


class Commands(QObject):
    """Each is one undoable step; what cannot be done is said in the status bar."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        super().__init__(window)
        self.window, self.desk = window, desk

    @property
    def chosen(self) -> list[str]:
        """The chosen layers and blocks in the order of the text."""
        state = self.desk.document.state
        nodes = state.outline.nodes if state is not None else ()
        return [node.name for node in nodes if node.name in self.desk.chosen]

    def toggle_frozen(self) -> None:
        """Freeze the chosen layers, or unfreeze them when all of them are frozen."""
        state = self.desk.document.state
        if state is None or not self.chosen:
            return
        frozen = not all(state.outline.by_name[name].frozen for name in self.chosen)
        self._edit("Freeze" if frozen else "Unfreeze", editing.set_frozen, self.chosen, frozen)

    def freeze_to(self) -> None:
        """Freeze the chosen layer and all that it is computed from."""
        for name in self.chosen[:1]:
            self.desk.document.edit(f"Freeze up to {name}", editing.freeze_to, name)

    def unfreeze_to(self) -> None:
        """No longer freeze the beginning of the network."""
        self.desk.document.edit("Unfreeze the beginning", editing.freeze_to, None)

    def delete(self) -> None:
        """Delete the chosen layers and join what read them to what they read."""
        self._edit("Delete", editing.remove_layers, self.chosen)

    def duplicate(self) -> None:
        """A copy of each chosen layer; the copies are then chosen."""
        self._choose_new(lambda: self._edit("Duplicate", editing.duplicate, self.chosen))

    def copy(self) -> bool:
        """Put the chosen layers on the clipboard, as text."""
        state = self.desk.document.state
        if state is None or not self.chosen:
            return False
        try:
            QGuiApplication.clipboard().setText(editing.copy(state.source, self.chosen))
        except EditError as problem:
            self.desk.document.refused.emit(problem.message, problem.hint)
            return False
        return True

    def cut(self) -> None:
        """Copy, then delete."""
        if self.copy():
            self._edit("Cut", editing.remove_layers, self.chosen)

    def paste(self) -> None:
        """Add the layers of the clipboard; the first of them reads the chosen layer."""
        text = QGuiApplication.clipboard().text()
        after = self.chosen[0] if len(self.chosen) == 1 else None
        self._choose_new(lambda: self.desk.document.edit("Paste", editing.paste, text, after))

    def select_all(self) -> None:
        """Choose everything at the top of the network."""
        state = self.desk.document.state
        if state is not None:
            self.desk.choose(node.name for node in state.outline.children(None) if node.kind != "input")

    def rename(self) -> None:
        """Ask for a new name, unless a panel takes that over."""
        if self._ask_panel("rename"):
            return
        for name in self.chosen[:1]:
            local = name.rpartition(".")[2]
            new, is_given = QInputDialog.getText(self.window, "Rename", f"New name of {name}:", text=local)
            if is_given and new.strip():
                self.desk.document.edit(f"Rename {name}", editing.rename, name, new.strip())

    def find(self) -> None:
        """Find in the panel that has the keyboard, else among layers and commands."""
        if not self._ask_panel("begin_find"):  # not "find", which every QWidget has
            self.window.actions_.focus_search()

    def view(self, what: str) -> None:
        """fit, zoom_in or zoom_out, in the panel that has the keyboard or else the first that can."""
        self._ask_panel(what)

    def show_keys(self) -> None:
        """All shortcuts, by menu; they scroll."""
        box = QDialog(self.window)
        box.setWindowTitle("Keys")
        box.setAccessibleName("Keys")
        page = QTextBrowser()
        page.setHtml(keys_html(self.desk.actions.values()))
        page.setFrameShape(QTextBrowser.Shape.NoFrame)
        QVBoxLayout(box).addWidget(page)
        box.resize(460, min(560, self.window.height() - 40))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def about(self) -> None:
        """Version, in one line."""
        text = f"<b>netspec {__version__}</b><br>One text file in, a trained network out."
        QMessageBox.about(self.window, "About netspec", text)

    def _edit(self, what: str, function: object, names: list[str], *args: object) -> bool:
        label = f"{what} {names[0]}" if len(names) == 1 else f"{what} {plural(len(names), 'layer')}"
        return bool(names) and self.desk.document.edit(label, function, names, *args)  # type: ignore[arg-type]

    def _choose_new(self, act: object) -> None:
        document = self.desk.document
        before = set(document.state.outline.by_name) if document.state is not None else set()
        if callable(act) and act() and document.state is not None:
            outline = editing.outline(document.state.source)
            self.desk.choose(node.name for node in outline.nodes if node.name not in before and node.parent in (None, *before))

    def _ask_panel(self, what: str) -> bool:
        """Call a panel's method: of the one with the keyboard, else of the first in view that has it."""
        focus: QWidget | None = QApplication.focusWidget()
        while focus is not None and not isinstance(focus, Panel):
            focus = focus.parentWidget()
        for panel in [focus, *(panel for panel in self.window.panels if panel.isVisible())]:
            method = getattr(panel, what, None)
            if isinstance(panel, Panel) and callable(method):
                return method() is not False
        return False


def keys_html(actions: Iterable[QAction]) -> str:
    """Actions with keys as a table for each menu, in the order of the menus."""
    groups: dict[str, list[QAction]] = {}
    for action in actions:
        if action.shortcuts():
            groups.setdefault(action.property("menu") or OTHERS, []).append(action)
    order = [name for name in (*MENUS, OTHERS) if name in groups]
    return "".join(f"<h4>{name}</h4><table>{''.join(map(_key_row, groups[name]))}</table>" for name in order)


def _key_row(action: QAction) -> str:
    keys = ", ".join(key.toString() for key in action.shortcuts())
    return f"<tr><td width='270'>{action.text().replace('&', '').removesuffix(' …')}</td><td>{html.escape(keys)}</td></tr>"
