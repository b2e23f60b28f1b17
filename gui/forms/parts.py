"""The sections of a spec: which there are, what stands in them, and their problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gui.forms.fields import Field
from gui.forms.tables import keys_at, kinds_like
from gui.state import State
from gui.text.layers_in_text import scanned
from netspec.editing import Address
from netspec.problems import Problem

TOP = ("name", "description", "seed", "dialect", "outputs", "metrics")
"""Keys at the top of the file that have a row."""


@dataclass(frozen=True)
class Part:
    """A section. key: what the file calls it; package: the family of its types; many: there may be several."""

    title: str
    key: str
    package: str = ""
    many: str = ""


PARTS = (
    Part("Network", ""),
    Part("Input", "input", many="inputs"),
    Part("Loss", "loss", "netspec.losses", many="losses"),
    Part("Data", "data", "netspec.datasets"),
    Part("Training", "train"),
    Part("Optimizer", "optimizer", "netspec.optimizers", many="optimizers"),
    Part("Schedule", "schedule", "netspec.schedules"),
    Part("Transfer", "transfer"),
    Part("Checkpoint", "checkpoint"),
    Part("Early stopping", "early_stopping"),
    Part("Variables", "variables"),
)


@dataclass(frozen=True)
class Entry:
    """One section that is there, or could be."""

    part: Part
    address: Address
    written: dict[str, Any]
    resolved: dict[str, Any]
    is_there: bool
    title: str


def entries_of(part: Part, state: State) -> list[Entry]:
    """The sections of a kind: one, or each of several."""
    file = scanned(state.text, state.format).tree
    if not part.key:
        tops = {key: value for key, value in file.items() if key in TOP}
        return [Entry(part, (), tops, {key: state.tree[key] for key in TOP if key in state.tree}, True, part.title)]
    several = file.get(part.many) if part.many else None
    inherited = state.tree.get(part.many) if part.many else None
    if isinstance(several, list) and several:
        known = inherited if isinstance(inherited, list) and len(inherited) == len(several) else [{}] * len(several)
        return [
            Entry(part, (part.many, place), _dict(item), _dict(known[place]), True, _numbered(part, place, _dict(item)))
            for place, item in enumerate(several)
        ]
    resolved = state.tree.get(part.key) or (inherited[0] if isinstance(inherited, list) and inherited else None)
    written = _dict(file.get(part.key))
    is_there = part.key in file or bool(resolved) or part.key in ("train", "checkpoint")
    return [Entry(part, (part.key,), written, _dict(resolved), is_there, part.title)]


def problems_of(entry: Entry, state: State) -> list[Problem]:
    """Problems of a section."""
    if not entry.part.key:
        return [problem for problem in state.problems if problem.path and problem.path[0] in TOP]
    names = {entry.part.key, entry.part.many}
    place = entry.address[1] if len(entry.address) > 1 else 0
    return [
        problem for problem in state.problems
        if problem.path and problem.path[0] in names
        and (len(problem.path) < 2 or not isinstance(problem.path[1], int) or problem.path[1] == place)
    ]  # fmt: skip


def fields_of_entry(entry: Entry, state: State) -> dict[str, Field]:
    """The keys of a section, and those written there that it does not have."""
    file = scanned(state.text, state.format).tree
    if not entry.part.key:
        keys = keys_at((), file)
        assert keys is not None
        return {key: keys.fields[key] for key in TOP}
    if entry.part.key == "variables":
        return {key: Field(key, kinds_like(value), "`${" + key + "}` stands for this value.", default=None)
                for key, value in entry.written.items()}  # fmt: skip
    kind = entry.written.get("type", entry.resolved.get("type"))
    tree = {"dialect": file.get("dialect"), entry.part.key: {"type": kind} if kind else {}}
    keys = keys_at((entry.part.key,), tree)
    known = dict(keys.fields) if keys is not None else {}
    extra = {key: Field(key, kinds_like(value), "This key is not known here.") for key, value in entry.written.items()
             if key not in known}  # fmt: skip
    return {**known, **extra}


def depth_of(address: Address, problems: list[Problem]) -> int:
    """Steps of a problem's path before the key: ("optimizers", 0, "lr") has two, ("optimizer", "lr") one."""
    is_numbered = any(len(problem.path) > 1 and isinstance(problem.path[1], int) for problem in problems)
    return 2 if is_numbered else len(address) and 1


def _numbered(part: Part, place: int, table: Mapping[str, Any]) -> str:
    name = table.get("name") or table.get("type")
    return f"{part.title} {place + 1}" + (f": {name}" if isinstance(name, str) else "")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
