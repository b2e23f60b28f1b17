"""The window's menus and toolbar, and the actions in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QSizePolicy, QToolBar, QWidget

from gui.commands import MENUS, Commands
from gui.desk import Desk
from gui.icons import icon
from gui.search import Search
from gui.settings import THEME_CHOICES, ThemeChoice, forget_files, recent_files, theme_choice
from netspec.problems import tally

if TYPE_CHECKING:
    from gui.main_window import MainWindow

Key = QKeySequence.StandardKey
Keys = tuple[Key | str, ...]
NEEDS_DOCUMENT = (
    "file.save", "file.save_as", "file.close", "edit.find", "edit.paste", "edit.select_all", "check", "view.fit",
    "view.zoom_in", "view.zoom_out", "view.fold", "view.fold_all", "view.unfold_all", "view.arrange", "view.export",
    "layer.add", "predict.open",
)  # fmt: skip
NEEDS_CHOICE = ("edit.cut", "edit.copy", "layer.freeze", "layer.delete", "layer.duplicate")
NEEDS_ONE = ("layer.rename", "layer.freeze_to")


class Actions(QObject):
    """Makes the actions of file, editing and view, and places those that panels offer on the desk."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        super().__init__(window)
        self.window, self.desk = window, desk
        self.commands = Commands(window, desk)
        self.search = Search(desk)
        self.menus: dict[str, QMenu] = {name: window.menuBar().addMenu(f"&{name}") for name in MENUS}
        self.recent = QMenu("Open &recent")
        self.toolbar = QToolBar("Main")
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setIconSize(QSize(18, 18))
        self.toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        window.addToolBar(self.toolbar)
        self.toolbar.ensurePolished()
        QApplication.sendEvent(self.toolbar, QEvent(QEvent.Type.StyleChange))  # its margins are those of the style sheet
        self._placed: set[QAction] = set()

    def assemble(self) -> None:
        """Make the window's own actions, then place those of the panels."""
        theirs = list(self.desk.actions.values())
        self._taken = {key.toString() for action in theirs for key in action.shortcuts()}
        self._fill_file()
        self._fill_edit()
        self._fill_layer()
        self._fill_view()
        self._fill_toolbar([action for action in theirs if action.property("in_toolbar")])
        for action in theirs:
            self._place(action)
        self.desk.action_added.connect(self._place)
        self._fill_help()
        for menu in (self.menus[name] for name in MENUS):
            menu.menuAction().setVisible(bool(menu.actions()))
        self.desk.document.changed.connect(self.enable)
        self.desk.document.title_changed.connect(self.enable)
        self.desk.chosen_changed.connect(self.enable)
        self.enable()

    def add(self, name: str, text: str, menu: str, slot: Callable[[], object], *keys: Key | str, symbol: str = "") -> QAction:
        """An action of the window; a key that a panel's action has already stays there."""
        action = QAction(text, self)
        wanted = {QKeySequence(key).toString(): QKeySequence(key) for key in keys}
        free = [key for name, key in wanted.items() if name and name not in self._taken]
        action.setShortcuts(free)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(" ".join([text.replace("&", "").removesuffix(" …"), *(f"({key.toString()})" for key in free[:1])]))
        if symbol:
            action.setIcon(icon(symbol))
            action.setIconVisibleInMenu(False)
        action.triggered.connect(lambda _=False: slot())
        self.desk.add_action(name, action, menu)
        self._place(action)
        return action

    def enable(self) -> None:
        """Grey out what cannot be done now."""
        state, chosen = self.desk.document.state, self.desk.chosen
        for names, can in ((NEEDS_DOCUMENT, state is not None), (NEEDS_CHOICE, bool(chosen)), (NEEDS_ONE, len(chosen) == 1)):
            for name in names:
                self.desk.actions[name].setEnabled(can)
        self.desk.actions["file.reload"].setEnabled(self.desk.document.path is not None)
        kinds = {problem.severity for problem in state.problems} if state is not None else set()
        symbol, colour = ("close", "error") if "error" in kinds else ("check", "warning" if kinds else "ok")
        self.check.setIcon(icon(symbol, colour))
        self.check.setToolTip(f"Check: {tally(state.problems) or 'no problems'} (F4)" if state is not None else "Check (F4)")
        can_unfreeze = state is not None and bool(state.outline.transfer.get("freeze_to"))
        self.desk.actions["layer.unfreeze_to"].setEnabled(can_unfreeze)

    def _fill_file(self) -> None:
        window, menu = self.window, self.menus["File"]
        self.add("file.new", "&New", "File", window.new, Key.New, symbol="new")
        self.add("file.finetune", "&Fine-tune on my pictures …", "File", window.finetune)
        self.add("file.open", "&Open …", "File", window.ask_for_file, Key.Open, symbol="open")
        menu.addMenu(self.recent)
        self.recent.aboutToShow.connect(self._fill_recent)
        templates = menu.addMenu("New from &template")
        for name in window.templates:
            templates.addAction(name).triggered.connect(lambda _=False, name=name: window.open_template(name))
        menu.addSeparator()
        self.add("file.save", "&Save", "File", window.save, Key.Save, symbol="save")
        self.add("file.save_as", "Save &as …", "File", window.save_as, Key.SaveAs, "Ctrl+Shift+S")
        self.add("file.reload", "&Reload", "File", self.desk.document.reload, "Ctrl+R")
        menu.addSeparator()
        self.add("file.close", "&Close spec", "File", window.close_spec, "Ctrl+W")
        self.add("file.quit", "&Quit", "File", window.close, "Ctrl+Q")

    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in recent_files():
            action = self.recent.addAction(f"{path.name}   {path.parent}")
            action.triggered.connect(lambda _=False, path=path: self.window.open(path))
        if not self.recent.actions():
            self.recent.addAction("No files yet").setEnabled(False)
            return
        self.recent.addSeparator()
        self.recent.addAction("Forget these").triggered.connect(lambda _=False: forget_files())

    def _fill_edit(self) -> None:
        stack, commands = self.desk.document.undo_stack, self.commands
        undo_keys: tuple[tuple[str, QAction, list[str]], ...] = (
            ("undo", stack.createUndoAction(self, "&Undo"), ["Ctrl+Z"]),
            ("redo", stack.createRedoAction(self, "&Redo"), ["Ctrl+Shift+Z", "Ctrl+Y"]),
        )
        for name, action, keys in undo_keys:
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setIcon(icon(name))
            action.setIconVisibleInMenu(False)
            self._place(self.desk.add_action(f"edit.{name}", action, "Edit"))
        self.menus["Edit"].addSeparator()
        self.add("edit.cut", "Cu&t", "Edit", commands.cut, "Ctrl+X")
        self.add("edit.copy", "&Copy", "Edit", commands.copy, "Ctrl+C")
        self.add("edit.paste", "&Paste", "Edit", commands.paste, "Ctrl+V")
        self.add("edit.select_all", "Select &all", "Edit", commands.select_all, Key.SelectAll)
        self.menus["Edit"].addSeparator()
        self.add("edit.find", "&Find …", "Edit", commands.find, Key.Find)
        self.add("edit.search", "&Search layers and commands …", "Edit", self.focus_search, "Ctrl+K")

    def _fill_layer(self) -> None:
        commands = self.commands
        self.add("layer.freeze", "&Freeze or unfreeze", "Layer", commands.toggle_frozen, "L", symbol="snowflake")
        self.add("layer.freeze_to", "Freeze &up to here", "Layer", commands.freeze_to, "Shift+L")
        self.add("layer.unfreeze_to", "No longer freeze the beginning", "Layer", commands.unfreeze_to)
        self.menus["Layer"].addSeparator()
        self.add("layer.rename", "&Rename …", "Layer", commands.rename, "F2")
        self.add("layer.duplicate", "D&uplicate", "Layer", commands.duplicate, "Ctrl+D")
        self.add("layer.delete", "&Delete", "Layer", commands.delete, "Del", "Backspace")

    def _fill_view(self) -> None:
        commands, menu = self.commands, self.menus["View"]
        self.add("view.fit", "&Fit the whole network", "View", lambda: commands.view("fit"), "Ctrl+0")
        self.add("view.zoom_in", "Zoom &in", "View", lambda: commands.view("zoom_in"), Key.ZoomIn, "Ctrl+=", "+")
        self.add("view.zoom_out", "Zoom &out", "View", lambda: commands.view("zoom_out"), Key.ZoomOut, "-")
        areas = self.window.areas
        self.add("view.next", "&Next area of the window", "View", areas.next_area, "F6")
        self.add("view.previous", "&Previous area of the window", "View", lambda: areas.next_area(-1), "Shift+F6")
        menu.addSeparator()
        self.split = self.add("view.split", "Text &beside the canvas", "View", lambda: None, "Ctrl+\\")
        self.split.setCheckable(True)
        self.split.setChecked(self.window.areas.beside.count() > 0)
        self.split.toggled.connect(self.window.split)
        menu.addSeparator()
        for panel in self.window.panels:
            menu.addAction(panel.title).triggered.connect(lambda _=False, panel=panel: self.window.areas.show_panel(panel))
        menu.addSeparator()
        self._fill_themes(menu.addMenu("&Theme"))
        self.add("view.reset", "&Reset the layout of the window", "View", self.window.areas.reset)

    def _fill_themes(self, menu: QMenu) -> None:
        group = QActionGroup(self)
        words: dict[ThemeChoice, str] = {"system": "As the &system", "light": "&Light", "dark": "&Dark"}
        for choice in THEME_CHOICES:
            action = QAction(words[choice], self, checkable=True, checked=choice == theme_choice())
            action.triggered.connect(lambda _=False, choice=choice: self.window.choose_theme(choice))
            group.addAction(action)
            menu.addAction(action)
            self.desk.actions[f"theme.{choice}"] = action

    def _fill_help(self) -> None:
        self.add("help.keys", "&Keys", "Help", self.commands.show_keys, "F1")
        self.add("help.about", "&About netspec", "Help", self.commands.about)

    def _fill_toolbar(self, theirs: list[QAction]) -> None:
        bar, actions = self.toolbar, self.desk.actions
        bar.addActions([actions["file.new"], actions["file.open"], actions["file.save"]])
        bar.addSeparator()
        bar.addActions([actions["edit.undo"], actions["edit.redo"]])
        bar.addSeparator()
        self.check = self.add("check", "&Check", "Train", self.window.show_problems, "F4", symbol="check")
        bar.addAction(self.check)
        self._train_end = bar.addSeparator()
        room = QWidget()
        room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(room)
        bar.addWidget(self.search)
        edge = QWidget()
        edge.setFixedWidth(6)
        bar.addWidget(edge)

    def _place(self, action: QAction) -> None:
        """Put an action where its properties say."""
        if action in self._placed:
            return
        self._placed.add(action)
        menu = action.property("menu")
        if menu:
            if menu not in self.menus:
                self.menus[menu] = self.window.menuBar().addMenu(menu)
            self._insert(self.menus[menu], action)
            self.menus[menu].menuAction().setVisible(True)
        else:
            self.window.addAction(action)
        if action.property("in_toolbar"):
            self.toolbar.insertAction(self._train_end, action)

    def _insert(self, menu: QMenu, action: QAction) -> None:
        """At the end; in the File menu before what ends the work, which stays last."""
        close = self.desk.actions.get("file.close")
        if menu is self.menus["File"] and close is not None and close in menu.actions() and close is not action:
            last = self.desk.actions.get("file.quit")
            if action is not last:
                menu.insertAction(close, action)
                return
        menu.addAction(action)

    def focus_search(self) -> None:
        """Into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
