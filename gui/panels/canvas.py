"""The network as boxes and lines: the heart of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QVBoxLayout, QWidget

from gui.canvas.board import Board
from gui.canvas.corner import Corner
from gui.canvas.export import FORMATS, export
from gui.canvas.workbench import Workbench
from gui.desk import Desk
from gui.panel import Area, Panel
from gui.theme import current_theme

Slot = Callable[[], object]


class Canvas(Panel):
    """Shows the document's network and edits it."""

    title: ClassVar[str] = "Canvas"
    area: ClassVar[Area] = "centre"
    order: ClassVar[int] = 10

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.board = Board(desk, self)
        self.view = Workbench(self.board)
        self.corner = Corner(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)
        self._fill_actions()
        self.view.menu_wanted.connect(self._show_menu)
        desk.layer_wanted.connect(lambda _: self.view.viewport().update())
        self.board.refresh()

    def ask_for_picture(self) -> None:
        """Ask for a file and write the whole graph there."""
        path = self.desk.document.path
        start = str(path.with_suffix(".png") if path is not None else Path.cwd() / "network.png")
        name, chosen = QFileDialog.getSaveFileName(self, "Export the graph", start, ";;".join(FORMATS.values()))
        if name:
            ending = next((suffix for suffix, text in FORMATS.items() if text == chosen), ".png")
            self.write_picture(Path(name) if Path(name).suffix else Path(name).with_suffix(ending))

    def write_picture(self, path: Path) -> bool:
        """Write the whole graph, as it is folded now."""
        try:
            export(self.board.diagram, self.board.layout, path, current_theme())
        except OSError as problem:
            self.desk.document.refused.emit(str(problem), "choose another file")
            return False
        self.desk.message(f"Written: {path}")
        return True

    def rename(self) -> None:
        """Rename the current layer where it stands."""
        self.view.keys.rename()

    def begin_find(self) -> None:
        """Ask what to find."""
        self.view.find_bar.begin()

    def fit(self) -> None:
        """Show the whole network."""
        self.view.fit()

    def zoom_in(self) -> None:
        """One step closer."""
        self.view.zoom_in()

    def zoom_out(self) -> None:
        """One step away."""
        self.view.zoom_out()

    def menu(self) -> QMenu:
        """What can be done with what is chosen; its owner deletes it."""
        menu, view, keys = QMenu(self), self.view, self.view.keys
        names = self.board.editable(self.desk.chosen)
        if view.chosen_edge is not None:
            menu.addAction("Delete the connection\tDel").triggered.connect(lambda _=False: keys.delete(reconnect=True))
        elif names:
            self._fill_menu(menu, names)
        else:
            self._take_over(menu, ("edit.paste", "edit.select_all", "edit.find"))
            menu.addSeparator()
            self._take_over(menu, ("view.fit", "view.arrange", "view.fold_all", "view.unfold_all", "view.export"))
        return menu

    def _fill_actions(self) -> None:
        board, keys = self.board, self.view.keys
        self._add("layer.cut_out", "Delete wit&hout joining", "Layer", lambda: keys.delete(reconnect=False), "Shift+Del")
        self._add("view.fold", "F&old the block around", "View", keys.fold_around, "Ctrl+.")
        self._add("view.fold_all", "Fold all &blocks", "View", board.fold_all, "Ctrl+Shift+-")
        self._add("view.unfold_all", "&Unfold all blocks", "View", board.unfold_all, "Ctrl+Shift++")
        self._add("view.arrange", "&Arrange", "View", self.view.edits.arrange, "Ctrl+Shift+A")
        self._add("view.export", "&Export the graph …", "File", self.ask_for_picture, "Ctrl+Shift+E")

    def _add(self, name: str, text: str, menu: str, slot: Slot, shortcut: str) -> None:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(shortcut))
        action.triggered.connect(lambda _=False: slot())
        self.desk.add_action(name, action, menu)

    def _fill_menu(self, menu: QMenu, names: list[str]) -> None:
        view, keys = self.view, self.view.keys
        is_frozen = self.board.diagram.frozen.issuperset(names)
        freeze = menu.addAction("Unfreeze\tL" if is_frozen else "Freeze\tL")
        freeze.triggered.connect(lambda _=False: view.edits.toggle_frozen(names))
        if len(names) == 1:
            up_to = menu.addAction("Freeze up to here\tShift+L")
            up_to.triggered.connect(lambda _=False: view.edits.freeze_to(names[0]))
        menu.addSeparator()
        self._take_over(menu, ("layer.rename", "layer.duplicate", "edit.cut", "edit.copy", "edit.paste"))
        menu.addSeparator()
        menu.addAction("Delete and join the ends\tDel").triggered.connect(lambda _=False: keys.delete(reconnect=True))
        self._take_over(menu, ("layer.cut_out",))
        self._add_blocks(menu, names)
        pinned = [name for name in names if name in self.desk.document.positions]
        if pinned:
            menu.addSeparator()
            menu.addAction("Back into the layout").triggered.connect(lambda _=False: view.edits.arrange(pinned))

    def _take_over(self, menu: QMenu, names: Iterable[str]) -> None:
        """Actions of the window, as far as there are."""
        menu.addActions([self.desk.actions[name] for name in names if name in self.desk.actions])

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _add_blocks(self, menu: QMenu, names: list[str]) -> None:
        folded = [name for name in names if name in self.board.diagram.box and self.board.diagram.box[name].kind == "block"]
        unfolded = [name for name in names if name in self.board.diagram.frame]
        if folded or unfolded:
            menu.addSeparator()
        if folded:
            menu.addAction("Unfold\tEnter").triggered.connect(lambda _=False: self.board.unfold(folded))
        if unfolded:
            menu.addAction("Fold\tEnter").triggered.connect(lambda _=False: self.board.fold(unfolded))
