"""What each stage of a fine-tuning reached, from the history of its run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import networkx as nx

from netspec.freezing import FreezeStage, head, stages
from netspec.graph import build_graph
from netspec.spec.model import Spec
from netspec.training.events import Validation
from netspec.training.history import read_history


@dataclass(frozen=True)
class StageRow:
    """A stretch of epochs with the same layers frozen, and its best validation: the one of the least loss."""

    learns: str
    first_epoch: int
    """From 1."""
    last_epoch: int
    """The last one that was trained."""
    best_epoch: int
    loss: float
    metrics: Mapping[str, float]
    seconds: float
    """Training time of its epochs."""


def stage_rows(spec: Spec, run: Path) -> list[StageRow]:
    """One row for each stage that was reached, in order; none without a validation part."""
    graph = build_graph(spec)
    found, events = stages(spec, graph), list(_validations(run))
    ends = [stage.first_epoch for stage in found[1:]] + [spec.train.epochs]
    rows = []
    for stage, end in zip(found, ends, strict=True):
        inside = [event for event in events if stage.first_epoch < event.epoch <= end]
        if not inside:
            continue
        best = min(inside, key=lambda event: event.loss if event.loss is not None else math.inf)
        before = [event.seconds for event in events if event.epoch <= stage.first_epoch]
        rows.append(StageRow(
            learns=_learns(spec, graph, stage), first_epoch=stage.first_epoch + 1, last_epoch=inside[-1].epoch,
            best_epoch=best.epoch, loss=best.loss if best.loss is not None else math.nan, metrics=_numbers(best),
            seconds=inside[-1].seconds - max(before, default=0.0),
        ))  # fmt: skip
    return rows


def _learns(spec: Spec, graph: nx.DiGraph[str], stage: FreezeStage) -> str:
    """What is not frozen, in words."""
    assert spec.transfer is not None
    if not stage.frozen:
        return "everything"
    if set(stage.rates) <= head(spec.transfer, graph):
        return "the head alone"
    names = list(dict.fromkeys(name.split(".")[0] for name in stage.rates))
    return f"from {names[0]} on"


def _validations(run: Path) -> Iterator[Validation]:
    """Those of the validation part."""
    for event in read_history(run):
        if isinstance(event, Validation) and event.part == "validation":
            yield event


def _numbers(event: Validation) -> dict[str, float]:
    return {name: float(value) for name, value in event.metrics.items() if isinstance(value, int | float)}
