"""The freeze plan for people: its stages before a run, and each stage when it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.cli import console
from netspec.stage_table import StageRow, named

if TYPE_CHECKING:
    from rich.table import Table

    from netspec.analysis import Report
    from netspec.optimizers.base import Optimizer
    from netspec.training.events import Stage

MOST_NAMED = 8
"""Frozen layers that are named one by one at the start of a run."""


def stage_lines(report: Report) -> list[str]:
    """For a summary: what learns from which epoch on; nothing where that does not change."""
    if len(report.stages) < 2:
        return []
    order = _order(report)
    return [
        f"from epoch {row.first_epoch + 1}: {named(row.trainable, order)} learn{'s' * (len(row.trainable) == 1)} "
        f"({console.plural(row.trainable_params, 'parameter')})"
        for row in report.stages
    ]


def freeze_plan(report: Report, epochs: int, optimizers: Sequence[Optimizer]) -> Table | None:
    """The stages with their epochs, layers, parameters and learning rates; None where there is one with one rate."""
    rows = [row for row in report.stages if row.first_epoch < max(epochs, 1)]
    if len(rows) < 2 and all(row.lr_mult in (None, (1.0, 1.0)) for row in rows):
        return None
    table = console.plain_table(
        "stage", "epochs", "learning", "trainable", "frozen", "learning rate", right=("stage", "trainable", "frozen")
    )
    ends = [*(row.first_epoch for row in rows[1:]), epochs]
    for row, end in zip(rows, ends, strict=True):
        table.add_row(
            str(row.number + 1), epoch_span(row.first_epoch + 1, end), named(row.trainable, _order(report)),
            console.count(row.trainable_params), console.count(row.frozen_params), _rates(row, optimizers),
        )  # fmt: skip
    return table


def stage_begins(event: Stage) -> str:
    """ "stage 2 of 3: layer4.0.conv1, layer4.0.bn1 and 4 more learn from here on; 8.4 M of 11.2 M parameters trainable"."""
    if event.number == 0 and not event.unfrozen:
        return f"{console.FROZEN} frozen: {', '.join(folded(event.frozen))}"
    text = f"stage {event.number + 1} of {event.stages}: {named(event.unfrozen, ()) if event.unfrozen else 'no layer'}"
    text += " now learns" if len(event.unfrozen) == 1 else " now learn"
    if event.trainable_parameters is not None and event.frozen_parameters is not None:
        total = event.trainable_parameters + event.frozen_parameters
        text += f"; {console.count(event.trainable_parameters)} of {console.plural(total, 'parameter')} trainable"
    if event.rates:
        low, high = min(event.rates.values()), max(event.rates.values())
        text += f", learning rate × {low:.3g}" + ("" if low == high else f" … {high:.3g}")
    return text


def folded(names: Sequence[str]) -> list[str]:
    """All names when they are few; else blocks with the number of their layers: "conv1", "layer1 (21 layers)"."""
    if len(names) <= MOST_NAMED:
        return list(names)
    counts = Counter(name.partition(".")[0] for name in names)
    return [name if name in names else f"{name} ({console.plural(count, 'layer')})" for name, count in counts.items()]


def _order(report: Report) -> list[str]:
    return [row.name for row in report.table if row.params]


def epoch_span(first: int, last: int) -> str:
    """ "3", "4 – 6"."""
    return str(first) if last <= first else f"{first} – {last}"


def _rates(row: StageRow, optimizers: Sequence[Optimizer]) -> str:
    """Of a single optimizer the rates, of several the multipliers."""
    if row.lr_mult is None:
        return ""
    factor = optimizers[0].lr if len(optimizers) == 1 else 1.0
    low, high = (f"{factor * value:.3g}" for value in row.lr_mult)
    return ("" if len(optimizers) == 1 else "× ") + (low if low == high else f"{low} … {high}")
