"""What can be done to the stages of training; each is one named step that can be undone."""

from __future__ import annotations

from typing import Any

from gui.desk import Desk
from gui.transfer.schedule import Row, Schedule, unfrozen_from
from netspec import editing
from netspec.look import plural

NEW_RATE = 0.1
"""Multiplier of the learning rate of what a new stage unfreezes."""


class StageEdits:
    """Edits of the document's [transfer]."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.document = desk, desk.document

    def move_edge(self, schedule: Schedule, row: Row, unit: int) -> bool:
        """Let the frozen part of a row end before a unit: `freeze_to` of the start, `to` of a later stage."""
        units = schedule.units
        if row.place is None:
            name = units[unit - 1].name if unit else None
            return self.document.edit(f"Freeze up to {name}" if name else "Unfreeze the beginning", editing.freeze_to, name)
        if unit >= len(units):
            self.desk.message("A stage unfreezes at least one layer; remove it instead.")
            return False
        return self.set_to(row, unfrozen_from(schedule, unit, self.inputs()))

    def set_to(self, row: Row, name: str | None) -> bool:
        """The layer from which on a row unfreezes; of the start, up to which it freezes."""
        if row.place is None:
            return self.document.edit(f"Freeze up to {name}" if name else "Unfreeze the beginning", editing.freeze_to, name)
        return self._set(row.place, f"Unfreeze from {name}", to=name)

    def set_epoch(self, row: Row, epochs: int) -> bool:
        """After how many epochs a row begins; the first row after a warm-up: how long that takes."""
        if row.place is not None:
            return self._set(row.place, f"Begin a stage after {plural(epochs, 'epoch')}", at_epoch=epochs)
        address = ("transfer",)
        if epochs < 1:
            return self.document.edit("Leave the warm-up out", editing.reset_field, address, "warmup_epochs")
        return self.document.edit(f"Warm up for {plural(epochs, 'epoch')}", editing.set_field, address, "warmup_epochs", epochs)

    def set_rate(self, row: Row, rate: float) -> bool:
        """How fast learns what a row unfreezes, against the learning rate of the network."""
        return row.place is not None and self._set(row.place, f"Set lr_mult of stage {self._number(row.place)}", lr_mult=rate)

    def add(self, schedule: Schedule) -> bool:
        """A further stage in the middle of the last one, which unfreezes the unit before those that learn."""
        last = schedule.rows[-1]
        edge = schedule.boundary(last)
        if not schedule.frozen(last):
            self.desk.message("All layers learn already. Freeze some first: drag the grip of the first row to the right.")
            return False
        if last.last - last.first < 1:
            self.desk.message("There is no epoch left for a further stage; give the training more epochs.")
            return False
        epoch = last.first - 1 + max((last.last - last.first + 1) // 2, 1)
        to = unfrozen_from(schedule, max(edge - 1, 0), self.inputs())
        values = {"at_epoch": epoch, "to": to, "lr_mult": NEW_RATE}
        return self.document.edit(f"Unfreeze from {to} after {plural(epoch, 'epoch')}", editing.add_unfreeze, values)

    def remove(self, row: Row) -> bool:
        """Take a stage away; the start is not one of them."""
        if row.place is None:
            return self.set_epoch(row, 0) if row.kind == "warmup" else False
        return self.document.edit(f"Remove stage {self._number(row.place)}", editing.remove_unfreeze, row.place)

    def _number(self, place: int) -> int:
        """Of the stage that an entry of `unfreeze` begins, as the run counts them."""
        state = self.document.state
        has_warmup = state is not None and bool(state.outline.transfer.get("warmup_epochs"))
        return place + 2 + has_warmup

    def inputs(self) -> list[str]:
        """Names of the network's inputs."""
        state = self.document.state
        return [node.name for node in state.outline.nodes if node.kind == "input"] if state is not None else []

    def _set(self, place: int, label: str, **values: Any) -> bool:
        return self.document.edit(label, editing.set_unfreeze, place, values)
