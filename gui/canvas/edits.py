"""What can be done to the chosen layers; each is one named step that can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gui.canvas.board import Board
from gui.canvas.diagram import loss_place
from gui.canvas.layout.geometry import Point
from gui.canvas.layout.nested import Pair
from netspec import editing
from netspec.editing import EditError
from netspec.look import plural


class Edits:
    """Edits of the document, by the names that the canvas shows."""

    def __init__(self, board: Board) -> None:
        self.board, self.desk = board, board.desk
        self.document = board.desk.document

    def add(
        self, type: str, after: str | None = None, before: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> str | None:  # fmt: skip
        """Add a layer, behind one, in front of one, on the line between two, or at the end; its name."""
        if before is not None and loss_place(before) is not None:
            before = None
        if after is not None and before is not None:
            ends = self._ends((after, before))
            if ends is None:
                return None
            after, before = ends
        known = self._names()
        given = dict(fields or {})
        label = f"Add {given.get('block', type)}"
        is_done = self.document.edit(label, editing.add_layer, type, None, after, before, given)
        new = next((name for name in self._names() if name not in known), None) if is_done else None
        if new is not None:
            self.desk.choose({new}, by=self.board)
        return new

    def remove(self, names: Iterable[str], *, reconnect: bool) -> bool:
        """Delete layers; what read them then reads what they read, or nothing."""
        names = self.board.editable(names)
        if not names:
            self.desk.message("Choose a layer or block to delete.")
            return False
        label = f"Delete {names[0] if len(names) == 1 else plural(len(names), 'layer')}"
        return self.document.edit(label, editing.remove_layers, names, reconnect)

    def cut_line(self, pair: Pair) -> bool:
        """Take a line away."""
        giver, reader = pair
        if (place := loss_place(reader)) is not None:
            address = ("losses", place)
            return self.document.edit("Disconnect the loss", editing.reset_field, address, "input")
        ends = self._ends(pair)
        return ends is not None and self.document.edit(f"Disconnect {giver} and {reader}", editing.disconnect, *ends)

    def connect(self, giver: str, reader: str) -> bool:
        """Let one layer read another; the loss, too."""
        if (place := loss_place(reader)) is not None:
            address = ("losses", place)
            return self.document.edit(f"Let the loss read {giver}", editing.set_field, address, "input", giver)
        return self.document.edit(f"Connect {giver} and {reader}", editing.connect, giver, reader)

    def try_connect(self, giver: str, reader: str) -> EditError | None:
        """Why the text cannot say this; None when it can."""
        state = self.document.state
        if state is None or loss_place(reader) is not None:
            return None
        try:
            editing.connect(state.source, giver, reader)
        except EditError as problem:
            return problem
        return None

    def rename(self, old: str, new: str) -> bool:
        """Give a layer or block another name; `new` without its block's."""
        if not new or new == old.rsplit(".", 1)[-1]:
            return False
        parent = self.board.diagram.parents.get(old)
        if not self.document.edit(f"Rename {old}", editing.rename, old, new):
            return False
        full = f"{parent}.{new}" if parent else new
        self.desk.choose({full}, by=self.board)
        return True

    def toggle_frozen(self, names: Iterable[str]) -> bool:
        """Freeze what is not frozen; what is frozen altogether learns again."""
        names = self.board.editable(names)
        if not names:
            return False
        frozen = not self.board.diagram.frozen.issuperset(names)
        label = f"{'Freeze' if frozen else 'Unfreeze'} {names[0] if len(names) == 1 else plural(len(names), 'layer')}"
        return self.document.edit(label, editing.set_frozen, names, frozen)

    def freeze_to(self, name: str | None) -> bool:
        """Freeze a layer and all that it is computed from; None: no longer."""
        label = f"Freeze up to {name}" if name else "Unfreeze the beginning"
        return self.document.edit(label, editing.freeze_to, name)

    def move(self, pins: Mapping[str, Point]) -> None:
        """Keep boxes where they were put."""
        what = next(iter(pins)) if len(pins) == 1 else f"{len(pins)} boxes"
        self.document.pin(pins, f"Move {what}")

    def arrange(self, names: Iterable[str] | None = None) -> None:
        """Leave boxes to the layout again; None: all."""
        self.document.unpin(names, "Arrange")

    def _names(self) -> list[str]:
        state = self.document.state
        return [node.name for node in editing.outline(state.source).nodes] if state is not None else []

    def _ends(self, pair: Pair) -> Pair | None:
        """What a line joins in the text: where it goes into or out of blocks, their uses."""
        giver, reader = level_ends(pair, self.board.diagram.parents)
        frame = self.board.diagram.frame.get(reader)
        if frame is not None and frame.is_copy:
            message = f"{giver} and {reader} are copies of one block, which follow each other by themselves"
            self.document.refused.emit(message, "change the block's layers, or its `repeat`")
            return None
        return giver, reader


def level_ends(pair: Pair, parents: Mapping[str, str | None]) -> Pair:
    """Two boxes → themselves or the outermost blocks around them that do not hold both."""

    def chain(name: str) -> list[str]:
        parent = parents.get(name)
        return [*(chain(parent) if parent is not None else []), name]

    givers, readers = chain(pair[0]), chain(pair[1])
    place = next(place for place, (a, b) in enumerate(zip(givers, readers, strict=False)) if a != b)
    return givers[place], readers[place]
