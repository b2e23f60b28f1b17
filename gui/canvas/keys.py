"""What the keys do while the canvas has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from gui.canvas.diagram import loss_place
from gui.canvas.edits import Edits
from gui.canvas.pointer import Pointer
from gui.canvas.refusals import judge
from gui.canvas.view import CanvasView
from gui.canvas.walking import Way, step

Key = Qt.Key
Modifier = Qt.KeyboardModifier
ARROWS: dict[int, Way] = {Key.Key_Up: "up", Key.Key_Down: "down", Key.Key_Left: "left", Key.Key_Right: "right"}
NUDGE = 4.0
"""Pixels that Alt and an arrow move a box; with Shift ten times as far."""


class Keys:
    """Handles the key events of a view; those it knows are taken before any shortcut of the window."""

    def __init__(self, view: CanvasView, edits: Edits, pointer: Pointer) -> None:
        self.view, self.edits, self.pointer = view, edits, pointer
        self.desk, self.board = view.desk, view.board
        self.connecting_from: str | None = None
        self.handlers: dict[tuple[int, Qt.KeyboardModifier], Callable[[], object]] = {
            (Key.Key_Delete, Modifier.NoModifier): lambda: self.delete(reconnect=True),
            (Key.Key_Backspace, Modifier.NoModifier): lambda: self.delete(reconnect=True),
            (Key.Key_Delete, Modifier.ShiftModifier): lambda: self.delete(reconnect=False),
            (Key.Key_L, Modifier.NoModifier): lambda: edits.toggle_frozen(self.desk.chosen),
            (Key.Key_L, Modifier.ShiftModifier): self.freeze_to,
            (Key.Key_F2, Modifier.NoModifier): self.rename,
            (Key.Key_Return, Modifier.NoModifier): self.fold_or_show,
            (Key.Key_Enter, Modifier.NoModifier): self.fold_or_show,
            (Key.Key_Escape, Modifier.NoModifier): self.escape,
            (Key.Key_C, Modifier.NoModifier): self.begin_connecting,
            (Key.Key_Home, Modifier.NoModifier): lambda: self._go(0),
            (Key.Key_End, Modifier.NoModifier): lambda: self._go(-1),
            (Key.Key_Plus, Modifier.NoModifier): view.zoom_in,
            (Key.Key_Equal, Modifier.NoModifier): view.zoom_in,
            (Key.Key_Minus, Modifier.NoModifier): view.zoom_out,
        }

    def wants(self, event: QKeyEvent) -> bool:
        """Whether the canvas takes a key, so that it is no shortcut."""
        return self._handler(event) is not None or event.key() in ARROWS or event.key() == Key.Key_Space

    def press(self, event: QKeyEvent) -> bool:
        """A key goes down; whether it meant something."""
        handler = self._handler(event)
        if event.key() == Key.Key_Space:
            self.pointer.is_space_held = True
        elif event.key() in ARROWS:
            self._arrow(ARROWS[event.key()], event.modifiers())
        elif handler is not None:
            handler()
        else:
            return False
        return True

    def release(self, event: QKeyEvent) -> None:
        """A key goes up."""
        if event.key() == Key.Key_Space and not event.isAutoRepeat():
            self.pointer.is_space_held = False

    def delete(self, *, reconnect: bool) -> None:
        """Delete the chosen line, or the chosen layers."""
        if self.view.chosen_edge is not None:
            self.edits.cut_line(self.view.chosen_edge)
            return
        names = list(self.desk.chosen)
        after = self._neighbour(names)
        if self.edits.remove(names, reconnect=reconnect):
            self.desk.choose({after} if after is not None else (), by=self.board)

    def rename(self) -> None:
        """Rename the current box."""
        if self.view.current is not None:
            self.pointer.rename.begin(self.view.current)

    def freeze_to(self) -> None:
        """Freeze the current layer and all that it is computed from."""
        if self.view.current is not None and self.board.editable([self.view.current]):
            self.edits.freeze_to(self.view.current)

    def begin_connecting(self) -> None:
        """Let the next box that Enter is pressed on read the current one."""
        box = self.board.diagram.box.get(self.view.current or "")
        if box is not None:
            self.connecting_from = box.name
            self.desk.message(f"{box.label}: go to the layer that shall read it and press Enter; Escape leaves it.")

    def finish_connecting(self) -> None:
        """Connect what `begin_connecting` noted with the current box, or say why not."""
        giver, self.connecting_from = self.connecting_from, None
        if giver is None or self.view.current is None:
            return
        verdict = judge(self.edits, giver, self.view.current)
        if verdict.kind == "no":
            self.desk.message(f"Not connected: {verdict.text}.")
        elif self.edits.connect(giver, self.view.current):
            self.desk.message(f"Connected: {verdict.text}.")

    def fold_or_show(self) -> None:
        """Unfold or fold the current block; show a layer everywhere; end a connection that was begun."""
        name = self.view.current
        if name is None:
            return
        if self.connecting_from is not None:
            self.finish_connecting()
            return
        if name in self.board.diagram.frame:
            self.board.fold([name])
        elif self.board.diagram.box[name].kind == "block":
            self.board.unfold([name])
        elif loss_place(name) is None:
            self.desk.go_to_layer(name)

    def fold_around(self) -> None:
        """Fold the block around the current layer."""
        parent = self.board.diagram.parents.get(self.view.current or "")
        if parent is not None:
            self.board.fold([parent])
            self.view.choose([parent], parent)

    def escape(self) -> None:
        """Break off a gesture or a connection, else choose nothing."""
        if self.connecting_from is not None:
            self.connecting_from = None
            self.desk.message("Not connected.")
        elif not self.pointer.cancel():
            self.view.choose(())

    def choose_all(self) -> None:
        """Choose every box."""
        self.view.choose([box.name for box in self.board.diagram.boxes])

    def _handler(self, event: QKeyEvent) -> Callable[[], object] | None:
        modifiers = event.modifiers() & ~Modifier.KeypadModifier
        if event.key() == Key.Key_Plus:
            modifiers &= ~Modifier.ShiftModifier
        return self.handlers.get((event.key(), modifiers))

    def _arrow(self, way: Way, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & Modifier.AltModifier:
            self._nudge(way, NUDGE * (10 if modifiers & Modifier.ShiftModifier else 1))
            return
        name = self.view.current
        if name is None or name not in self.board.layout.boxes:
            inside = self.board.diagram.inside(name) if name is not None else []
            found = inside[0] if inside else next(iter(self.board.layout.boxes), None)
        else:
            found = step(self.board.diagram, self.board.layout, name, way)
        if found is not None:
            chosen = [*sorted(self.desk.chosen), found] if modifiers & Modifier.ShiftModifier else [found]
            self.view.choose(chosen, found)
            self.view.make_visible(found)

    def _nudge(self, way: Way, by: float) -> None:
        dx, dy = {"up": (0.0, -by), "down": (0.0, by), "left": (-by, 0.0), "right": (by, 0.0)}[way]
        layout, parents = self.board.layout, self.board.diagram.parents
        names = [name for name in self.desk.chosen if name in layout.anchors]
        if names:
            self.edits.move({name: layout.pin(name, parents.get(name), (dx, dy)) for name in names})

    def _go(self, place: int) -> None:
        names = list(self.board.layout.boxes)
        if names:
            self.view.choose([names[place]], names[place])
            self.view.make_visible(names[place])

    def _neighbour(self, names: list[str]) -> str | None:
        """What is chosen when these are gone: what one of them was read by, or what it read."""
        diagram = self.board.diagram
        near = [other for name in names for other in (*diagram.readers(name), *diagram.givers(name))]
        return next((name for name in near if name not in names and loss_place(name) is None), None)

