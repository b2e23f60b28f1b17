"""One line an epoch: loss, validation, metrics, speed, time; the same on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.look import title
from netspec.metrics.monitor import say

if TYPE_CHECKING:
    from rich.text import Text

    from netspec.training.events import Epoch, Validation

GAP = "  "
NARROWEST = 9
CACHED = "cached"
"""Head of the column with the share of samples whose way through the frozen prefix was known before the epoch."""
TOTALS = ("loss", "train_loss", "val_loss")


@dataclass
class Line:
    """What is known about one epoch of one lane."""

    epoch: int
    values: dict[str, float] = field(default_factory=dict)
    speed: float = 0.0
    seconds: float = 0.0
    from_cache: str = ""
    """Share of the samples that began behind the frozen prefix; "" without a cache."""

    def add_epoch(self, event: Epoch) -> None:
        """Running (or, with evaluate_train, fixed-weight) loss of the training part."""
        self.values["loss" if event.train_loss is None else "train_loss"] = (
            event.running_loss if event.train_loss is None else event.train_loss
        )
        prefix = "running_" if event.train_loss is None else "train_"
        self.values |= {key: value for key, value in numbers(event.metrics).items() if key.startswith(prefix)}
        if event.penalty is not None:
            self.values["penalty"] = event.penalty
        self.speed, self.seconds = event.samples_per_second, event.seconds
        if event.from_cache is not None and event.samples:
            self.from_cache = f"{100 * event.from_cache // event.samples} %"

    def add_validation(self, event: Validation) -> None:
        """Loss and metrics of the validation part."""
        if event.loss is not None:
            self.values["val_loss"] = event.loss
        for name, value in numbers(event.metrics).items():
            self.values[f"val_{name.removeprefix('val_')}"] = value
        self.seconds = max(self.seconds, event.seconds)


class EpochTable:
    """Turns lines into text with aligned columns; the columns are those of the first line."""

    def __init__(self, epochs: int, labels: Mapping[str, str], width: int) -> None:
        """labels: lane → its optimizer's type, for the colour."""
        self._epochs, self._labels, self._width = epochs, labels, width
        self._columns: list[str] = []
        self._has_cache = False

    def head(self, line: Line) -> Text | None:
        """The heading, once, before the first line."""
        from rich.text import Text

        if self._columns:
            return None
        self._has_cache = bool(line.from_cache)
        self._columns = self._fitting(line.values)
        names = [title(name) for name in self._columns]
        cells = [*self._leading("epoch", "optimizer"), *(name.rjust(self._cell(name)) for name in names)]
        ends = ["samples/s".rjust(NARROWEST), *([CACHED] if self._has_cache else []), "time".rjust(7)]
        return Text(GAP.join([*cells, *ends]), style="bold")

    def row(self, label: str, line: Line) -> Text:
        """One epoch of one lane."""
        from rich.text import Text

        text = Text()
        epoch, *name = self._leading(f"{line.epoch}/{self._epochs}", label)
        text.append(epoch)
        for cell in name:
            text.append(GAP + cell, style=console.optimizer_colour(self._labels[label]))
        for column in self._columns:
            value = line.values.get(column)
            shown = "" if value is None else say(column, value)
            text.append(GAP + shown.rjust(self._cell(title(column))))
        text.append(GAP + console.count(round(line.speed)).rjust(NARROWEST))
        if self._has_cache:
            text.append(GAP + line.from_cache.rjust(len(CACHED)))
        text.append(GAP + console.duration(line.seconds).rjust(7))
        return text

    def _leading(self, epoch: str, label: str) -> list[str]:
        first = epoch.rjust(max(5, 2 * len(str(self._epochs)) + 1))
        longest = max((len(name) for name in (*self._labels, "optimizer")), default=0)
        return [first, label.ljust(longest)] if len(self._labels) > 1 else [first]

    def _fitting(self, values: Iterable[str]) -> list[str]:
        """As many columns as the width takes: whole losses, metrics of the validation, parts of the loss, the others."""
        names = list(values)
        ranked = sorted(names, key=_rank)
        ends = [" " * NARROWEST, *([CACHED] if self._has_cache else []), " " * 7]
        room = self._width - len(GAP.join([*self._leading("", ""), *ends]))
        kept: list[str] = []
        for name in ranked:
            room -= len(GAP) + self._cell(title(name))
            if room < 0:
                break
            kept.append(name)
        return [name for name in names if name in kept]

    @staticmethod
    def _cell(name: str) -> int:
        return max(len(name), 7)


def _rank(name: str) -> tuple[int, bool]:
    """The less, the more worth a column."""
    is_part, is_validation = name.endswith("loss"), name.startswith("val_")
    if name in TOTALS:
        return 0, False
    return 2 if is_part else 1 if is_validation else 3, not is_validation


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Metrics that are one number; confusion matrices and scores per class are for the history."""
    return {name: float(value) for name, value in metrics.items() if isinstance(value, int | float)}
