"""What a person chooses beside the spec for the next run; the spec's text stays as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gui.runs.finding import NO_NAME, Identity
from gui.runs.order import Order
from gui.state import State
from netspec.registry import plugins
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec


@dataclass
class Choices:
    """None, and no optimizers: what the spec says."""

    epochs: int | None = None
    batch_size: int | None = None
    seed: int | None = None
    threads: int | None = None
    data_place: str | None = None
    """Folder or file of the data, of the type that the spec says."""
    weights: str | None = None
    optimizers: tuple[str, ...] = ()

    def order(self, state: State, *, paused: bool = False) -> Order:
        """The order for the trainer."""
        values: dict[str, int | str | None] = {"train.epochs": self.epochs, "train.batch_size": self.batch_size}
        key = data_key(spec_of(state))
        if key is not None:
            values[f"data.{key}"] = self.data_place
        overrides = [f"{key}={json.dumps(value)}" for key, value in values.items() if value is not None]
        return Order(
            extends_folder=str(state.folder.absolute()),
            folder=str(base_folder(state)),
            optimizers=self.optimizers,
            overrides=tuple(overrides),
            seed=self.seed,
            threads=self.threads,
            weights=self.weights,
            paused=paused,
        )


def data_key(spec: Spec | None) -> Literal["root", "file"] | None:
    """Where a kind of data says in which folder, or in which file, they are; None for data that come with netspec."""
    fields = type(spec.data).model_fields if spec is not None and spec.data is not None else {}
    return "root" if "root" in fields else "file" if "file" in fields else None


def spec_of(state: State | None) -> Spec | None:
    """The spec of a text without errors; None for others."""
    if state is None or state.found is None or not state.found.ok:
        return None
    return state.found.spec


class LastSpec:
    """Remembers the last spec that a file gave, so that a slip of the pen does not seem to change its other values."""

    def __init__(self) -> None:
        self._spec: Spec | None = None
        self._path: Path | None = None

    def spec_of(self, state: State | None) -> Spec | None:
        """The spec of this state, or of an earlier one of the same file."""
        if state is None or state.path != self._path:
            self._spec, self._path = None, state.path if state else None
        if state is not None and state.found is not None and state.found.spec is not None:
            self._spec = state.found.spec
        return self._spec


def why_not(state: State | None, choices: Choices) -> str | None:
    """Why the text cannot be trained, with what to do; None when it can."""
    spec = spec_of(state)
    if state is None:
        return "No spec is open; open one, or begin with a template"
    if spec is None:
        return "The text has errors; put them right first (they are listed under Problems)"
    if spec.data is None:
        return "The spec has no [data]; add it with a type, such as digits"
    if spec.loss is None:
        return 'The spec has no [loss]; add it with type = "cross_entropy"'
    if not choices.optimizers and not spec.optimizers:
        return "No optimizer is chosen; choose one, or add [optimizer] to the spec"
    return None


def base_folder(state: State) -> Path:
    """Where relative paths of the spec start: its folder; for a spec that comes with netspec the current one."""
    shipped = {path.parent.resolve() for path in shipped_specs().values()}
    return Path.cwd() if state.folder.resolve() in shipped else state.folder.absolute()


def identity_of(state: State) -> Identity:
    """What tells which runs are the document's."""
    name = state.tree.get("name")
    return Identity(state.path, name if isinstance(name, str) and name != NO_NAME else "")


def runs_folder(state: State) -> Path:
    """Where the runs of a spec lie."""
    return base_folder(state) / "runs"


FIVE = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
"""The optimizers that are always at hand; further ones are in a menu until they are chosen."""


def known_optimizers(spec: Spec | None) -> dict[str, str]:
    """Label → type: the optimizers of the spec, then all types that it does not have."""
    own = {optimizer.label(): optimizer.type_name() for optimizer in (spec.optimizers if spec else ())}
    kinds = plugins("netspec.optimizers")
    types = [*(name for name in FIVE if name in kinds), *(name for name in kinds if name not in FIVE)]
    return own | {name: name for name in types if name not in own and name not in own.values()}


def in_order(chosen: Sequence[str], spec: Spec | None) -> tuple[str, ...]:
    """Chosen labels in the order of the buttons; none when they are just those of the spec."""
    labels = tuple(label for label in known_optimizers(spec) if label in set(chosen))
    own = tuple(optimizer.label() for optimizer in (spec.optimizers if spec else ()))
    return () if labels == own else labels
