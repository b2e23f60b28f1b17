"""The spec: everything one file says, validated. Immutable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, field_validator

from netspec.datasets.base import Dataset
from netspec.layers.base import Layer
from netspec.losses.base import Loss
from netspec.metrics.base import Metric
from netspec.optimizers.base import Optimizer
from netspec.problems import Path, Span
from netspec.registry import PluginField
from netspec.schedules.base import Schedule
from netspec.spec.marks import marked
from netspec.spec.sections import Checkpoint, EarlyStopping, Input, Section, Train, Transfer

SPEC_VERSION = 1
Dialect = Literal["netspec", "torch", "keras", "caffe"]


def locate_nothing(path: Path) -> Span | None:
    """The place of anything in a spec that was never text."""
    return None


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a spec came from. Two specs that say the same are equal wherever they came from."""

    file: str | None = None
    base_dir: FilePath = FilePath()
    locate: Callable[[Path], Span | None] = locate_nothing
    bases: tuple[str, ...] = ()
    """The files that `file` extends, the nearest first."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return 0


class Spec(Section):
    """One network with its data and training, as one file says it."""

    spec_version: Literal[1] = 1
    """Version of the spec language."""
    name: str = Field(default="network", min_length=1, max_length=120)
    """Name of the network."""
    description: str = ""
    """What it is, for people."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Start of all random numbers."""
    dialect: Dialect = "netspec"
    """Whose hidden defaults to use where the spec says nothing."""
    inputs: Annotated[tuple[Input, ...], Field(min_length=1)]
    """What one sample looks like; one [input], or several [[inputs]] with a name each."""
    layers: Annotated[tuple[Annotated[Layer, PluginField("netspec.layers")], ...], Field(min_length=1)]
    """The network."""
    outputs: tuple[str, ...] | None = None
    """Layers whose outputs the network gives; default: those that nobody reads."""
    losses: tuple[Annotated[Loss, PluginField("netspec.losses")], ...] = ()
    """What is minimized: one [loss], or the sum of several [[losses]], the main one first."""
    data: Annotated[Dataset, PluginField("netspec.datasets")] | None = None
    """Where the samples come from."""
    train: Train = Train()
    """How the network is trained."""
    optimizers: tuple[Annotated[Optimizer, PluginField("netspec.optimizers")], ...] = ()
    """One [optimizer], or several [[optimizers]] that are trained side by side."""
    schedule: Annotated[Schedule, PluginField("netspec.schedules")] | None = None
    """How the learning rate changes; default: it does not."""
    metrics: tuple[Annotated[Metric, PluginField("netspec.metrics", shorthand=True)], ...] = ()
    """What is measured: metrics = ["accuracy", { type = "top_k", k = 5 }]."""
    transfer: Transfer | None = None
    """Where weights come from, and which layers keep them."""
    checkpoint: Checkpoint = Checkpoint()
    """What is saved during training."""
    early_stopping: EarlyStopping | None = None
    """When to stop before the last epoch."""

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """The spec that a dict describes, in the words of a file: blocks, variables and dialect are worked out.

        A dict without any of UNRESOLVED_KEYS, such as `model_dump` gives, is taken word by word.
        """
        if isinstance(obj, Mapping):
            from netspec.spec.resolve import fill_dialect, resolve_dict  # which needs the fields of Spec

            obj = resolve_dict(obj) if obj.keys() & UNRESOLVED_KEYS else fill_dialect(marked(obj))
        return super().model_validate(obj, **options)

    @field_validator("optimizers", mode="after")
    @classmethod
    def _labels_differ(cls, optimizers: tuple[Optimizer, ...]) -> tuple[Optimizer, ...]:
        labels = [optimizer.label() for optimizer in optimizers]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f'{labels.count(label)} optimizers are called {label}; give each its own name = "…"')
        return optimizers

    @field_validator("losses", mode="after")
    @classmethod
    def _losses_differ(cls, losses: tuple[Loss, ...]) -> tuple[Loss, ...]:
        labels = [loss.label() for loss in losses]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f'{labels.count(label)} losses are called {label}; give each its own name = "…"')
        return losses

    @property
    def loss(self) -> Loss | None:
        """The main loss: the only one, or the first of several, by whose output and target metrics are counted."""
        return self.losses[0] if self.losses else None

    @property
    def origin(self) -> Origin:
        """The file it was read from, the folder for relative paths, and the places of its keys."""
        return self._origin

    @property
    def base_dir(self) -> FilePath:
        """Folder in which relative paths of the spec start."""
        return self._origin.base_dir

    def with_origin(self, origin: Origin) -> Spec:
        """The same spec, said to come from there."""
        copy = self.model_copy()
        copy._origin = origin
        return copy


UNRESOLVED_KEYS = frozenset({"input", "loss", "optimizer", "blocks", "variables", "extends", "remove"})
"""Keys that are worked into others before validation."""
