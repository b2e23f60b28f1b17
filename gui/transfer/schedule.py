"""The freeze schedule as plain values: stages as rows, layers with parameters by their depth as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from gui.state import State
from netspec.editing import Node, Outline
from netspec.freezing import FreezeStage, stage_at, stages
from netspec.graph import match_layers
from netspec.spec.sections import Transfer

Kind = Literal["start", "warmup", "entry"]


@dataclass(frozen=True)
class Row:
    """A stretch of epochs. first, last: from 1, both included; place: of its entry under `unfreeze`, which begins it."""

    first: int
    last: int
    rates: Mapping[str, float]
    """Multiplier of the learning rate of each layer that learns; the others are frozen."""
    kind: Kind = "start"
    place: int | None = None
    to: str | None = None
    """The layer from which on its entry unfreezes."""
    lr_mult: float = 1.0

    @property
    def epochs(self) -> str:
        """ "epoch 3", "epochs 3 to 5"."""
        return f"epoch {self.first}" if self.first == self.last else f"epochs {self.first} to {self.last}"


@dataclass(frozen=True)
class Unit:
    """A layer or block at the top of the network, with its layers that have parameters."""

    name: str
    leaves: tuple[str, ...]


@dataclass(frozen=True)
class Schedule:
    """units: from the input to the output; epochs: of the whole run; params: numbers that each layer has to learn."""

    units: tuple[Unit, ...]
    rows: tuple[Row, ...]
    epochs: int
    params: Mapping[str, int]

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """All layers with parameters, by depth."""
        return tuple(leaf for unit in self.units for leaf in unit.leaves)

    @property
    def is_constant(self) -> bool:
        """Whether the same layers learn from the first epoch to the last."""
        return len(self.rows) == 1

    def frozen(self, row: Row) -> tuple[str, ...]:
        """Layers with parameters that keep them."""
        return tuple(leaf for leaf in self.leaves if leaf not in row.rates)

    def learned(self, row: Row) -> int:
        """Numbers that are learned in these epochs."""
        return sum(self.params[leaf] for leaf in row.rates if leaf in self.params)

    def runs(self, row: Row, unit: Unit) -> list[tuple[int, int, float | None]]:
        """Stretches of a unit's layers with one rate (None: frozen): first, behind the last, rate."""
        found, start = [], 0
        for rate, group in groupby(row.rates.get(leaf) for leaf in unit.leaves):
            end = start + sum(1 for _ in group)
            found.append((start, end, rate))
            start = end
        return found

    def boundary(self, row: Row) -> int:
        """How many units from the input on are frozen altogether."""
        learning = (at for at, unit in enumerate(self.units) if any(leaf in row.rates for leaf in unit.leaves))
        return next(learning, len(self.units))


def make_schedule(state: State) -> Schedule | None:
    """The schedule of a text that says a network; None for others, and for networks without parameters."""
    spec = state.found.spec if state.found is not None else None
    if spec is None or state.report is None or state.is_stale:
        return None
    able = {row.name: row.params for row in state.report.table if row.params}
    if not able:
        return None
    transfer, epochs = spec.transfer or Transfer(), spec.train.epochs
    found = stages(spec, state.report.graph)
    units = _units(state.outline, list(able))
    return Schedule(units, _rows(transfer, found, frozenset(able), epochs), epochs, able)


def _units(outline: Outline, able: list[str]) -> tuple[Unit, ...]:
    """By the block or layer at the top that each layer stands in; where one block holds all of them, by those in it."""
    tops = {leaf.name: node.name for node in _heads(outline, able) for leaf in outline.leaves(node.name)}
    groups: dict[str, list[str]] = {}
    for name in able:
        groups.setdefault(tops.get(name, name), []).append(name)
    return tuple(Unit(name, tuple(leaves)) for name, leaves in groups.items())


def _heads(outline: Outline, able: list[str]) -> list[Node]:
    nodes = [node for node in outline.children(None) if node.kind != "input"]
    wanted = set(able)
    while len(nodes) == 1 and nodes[0].kind == "block":
        nodes = [*outline.children(nodes[0].name)]
    return [node for node in nodes if any(leaf.name in wanted for leaf in outline.leaves(node.name))]


def _rows(transfer: Transfer, found: tuple[FreezeStage, ...], able: frozenset[str], epochs: int) -> tuple[Row, ...]:
    """A row for the start, for the end of the warm-up, and for each entry, also one that unfreezes nothing."""
    begins: dict[int, tuple[Kind, int | None]] = {0: ("start", None)}
    if transfer.warmup_epochs:
        begins = {0: ("warmup", None), transfer.warmup_epochs: ("start", None)}
    begins |= {entry.at_epoch: ("entry", place) for place, entry in enumerate(transfer.unfreeze)}
    starts = sorted(begins)
    ends = [*starts[1:], max(epochs, starts[-1] + 1)]
    rows = []
    for start, end in zip(starts, ends, strict=True):
        kind, place = begins[start]
        entry = transfer.unfreeze[place] if place is not None else None
        rates = {name: rate for name, rate in stage_at(found, start).rates.items() if name in able}
        rows.append(Row(start + 1, end, rates, kind, place, entry.to if entry else None, entry.lr_mult if entry else 1.0))
    return tuple(rows)


def unit_of(schedule: Schedule, name: str | None) -> int | None:
    """The unit in which a layer or block begins; None for inputs and names that mean no layer."""
    hits = match_layers(name, schedule.leaves) if name is not None else []
    units = enumerate(schedule.units)
    return next((at for at, unit in units if name == unit.name or any(leaf in hits for leaf in unit.leaves)), None)


def unfrozen_from(schedule: Schedule, unit: int, inputs: list[str]) -> str:
    """What `to` says to let a unit and all behind it learn; the first unit: the whole network, by its input."""
    return inputs[0] if unit == 0 and inputs else schedule.units[unit].name
