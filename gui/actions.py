"""The window's menus and toolbar, and the actions in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar

from gui.desk import Desk
from netspec import editing
from netspec.shipped import shipped_specs

if TYPE_CHECKING:
    from gui.main_window import MainWindow

MENUS = ("File", "Edit", "Layer", "Train", "View", "Help")
Key = QKeySequence.StandardKey


class Actions(QObject):
    """Makes the actions of file and editing, and takes those that panels add to the desk."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        super().__init__(window)
        self.window, self.desk = window, desk
        self.menus: dict[str, QMenu] = {name: window.menuBar().addMenu(f"&{name}") for name in MENUS}
        self.toolbar = QToolBar("Main")
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        window.addToolBar(self.toolbar)
        desk.action_added.connect(self._place)

    def assemble(self) -> None:
        """Make the window's own actions."""
        self._fill_file()
        self._fill_edit()
        self.desk.document.changed.connect(self._enable)
        self.desk.chosen_changed.connect(self._enable)
        self._enable()

    def add(self, name: str, text: str, menu: str, slot: Callable[[], object], *keys: Key | str) -> QAction:
        """An action of the window."""
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _=False: slot())
        return self.desk.add_action(name, action, menu)

    def _fill_file(self) -> None:
        window = self.window
        self.add("file.new", "&New", "File", window.new, Key.New)
        self.add("file.open", "&Open …", "File", window.ask_for_file, Key.Open)
        shipped = self.menus["File"].addMenu("Open a &shipped spec")
        for name, path in shipped_specs().items():
            shipped.addAction(name).triggered.connect(lambda _=False, path=path: window.open(path))
        self.add("file.save", "&Save", "File", window.save, Key.Save)
        self.add("file.save_as", "Save &as …", "File", window.save_as, Key.SaveAs)
        self.add("file.reload", "&Reload", "File", self.desk.document.reload, "Ctrl+R")
        self.add("file.close", "&Close spec", "File", window.close_spec, Key.Close)
        self.menus["File"].addSeparator()
        self.add("file.quit", "&Quit", "File", window.close, Key.Quit)

    def _fill_edit(self) -> None:
        stack = self.desk.document.undo_stack
        for name, action, keys in (
            ("edit.undo", stack.createUndoAction(self, "&Undo"), ["Ctrl+Z"]),
            ("edit.redo", stack.createRedoAction(self, "&Redo"), ["Ctrl+Shift+Z", "Ctrl+Y"]),
        ):
            action.setShortcuts([QKeySequence(key) for key in keys])
            self.desk.add_action(name, action, "Edit", in_toolbar=True)
        self.add("layer.freeze", "&Freeze or unfreeze", "Layer", self.toggle_frozen, "L")
        self.add("layer.delete", "&Delete", "Layer", self.delete, Key.Delete)

    def _place(self, action: QAction) -> None:
        """Put an action where its properties say."""
        menu = action.property("menu")
        if menu:
            if menu not in self.menus:
                self.menus[menu] = self.window.menuBar().addMenu(menu)
            self.menus[menu].addAction(action)
        else:
            self.window.addAction(action)
        if action.property("in_toolbar"):
            self.toolbar.addAction(action)

    def _enable(self) -> None:
        is_open = self.desk.document.state is not None
        for name in ("file.save", "file.save_as", "file.reload", "file.close"):
            self.desk.actions[name].setEnabled(is_open)
        for name in ("layer.freeze", "layer.delete"):
            self.desk.actions[name].setEnabled(bool(self.desk.chosen))

    def toggle_frozen(self) -> None:
        """Freeze the chosen layers, or unfreeze them when all of them are frozen."""
        state = self.desk.document.state
        if state is None or not self.desk.chosen:
            return
        rows = state.report.table if state.report is not None else ()
        inside = {leaf.name for name in self.desk.chosen for leaf in state.outline.leaves(name)}
        frozen = not all(row.frozen for row in rows if row.name in inside)
        label = "Freeze" if frozen else "Unfreeze"
        self.desk.document.edit(label, editing.set_frozen, sorted(self.desk.chosen), frozen)

    def delete(self) -> None:
        """Delete the chosen layers and join what read them to what they read."""
        if self.desk.chosen:
            self.desk.document.edit("Delete", editing.remove_layers, sorted(self.desk.chosen))
