"""The freeze plan as a table: from which epoch on which layers learn, how many parameters those have, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.freezing import FreezeStage


@dataclass(frozen=True)
class StageRow:
    """One stage of [transfer]."""

    number: int
    """From 0."""
    first_epoch: int
    """Epochs that are done when it begins."""
    trainable: tuple[str, ...]
    """Layers with parameters that learn, in the order of computation."""
    trainable_params: int
    frozen_params: int
    lr_mult: tuple[float, float] | None
    """Smallest and largest multiplier of the learning rate; None when nothing learns."""


def stage_rows(stages: Sequence[FreezeStage], params: Mapping[str, int]) -> tuple[StageRow, ...]:
    """A row for each stage. params: numbers learned by each layer, in the order of computation."""
    return tuple(_row(stage, {name: size for name, size in params.items() if size}) for stage in stages)


def _row(stage: FreezeStage, params: Mapping[str, int]) -> StageRow:
    learns = tuple(name for name in params if name not in stage.frozen)
    rates = [stage.rates[name] for name in learns]
    trainable = sum(params[name] for name in learns)
    extremes = (min(rates), max(rates)) if rates else None
    return StageRow(stage.number, stage.first_epoch, learns, trainable, sum(params.values()) - trainable, extremes)


def named(layers: Sequence[str], order: Sequence[str], most: int = 3) -> str:
    """ "layer4.0.conv1 … fc": layers as a stretch of `order` where they are one, else one by one, "a, b, c and 4 more"."""
    if not layers:
        return "none"
    if len(layers) <= most:
        return ", ".join(layers)
    if layers[0] in order and tuple(order[order.index(layers[0]) :][: len(layers)]) == tuple(layers):
        return f"{layers[0]} … {layers[-1]}"
    return f"{', '.join(layers[:most])} and {len(layers) - most} more"
