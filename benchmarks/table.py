"""The rows of the table, and its forms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import netspec
from benchmarks.contest import NAMES, Task
from benchmarks.harness import Outcome
from netspec.shipped import shipped_specs
from netspec.spec.model import Spec

HEAD = ('transfer.freeze=["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"]',)
"""All of ResNet-18 but its head, fc, is frozen."""


@dataclass(frozen=True)
class Row:
    """One network, batch size and task; `goal`: the least ratio of the fastest other time to netspec's."""

    name: str
    title: str
    spec: str
    batch: int
    goal: float
    task: Task = "training"
    overrides: tuple[str, ...] = ()

    def read(self, overrides: Sequence[str] = ()) -> Spec:
        """The spec that is raced."""
        return netspec.load(shipped_specs()[self.spec], [*self.overrides, *overrides])

    @property
    def libraries(self) -> tuple[str, ...]:
        """Who takes part."""
        return ("netspec", "torch", "onnxruntime") if self.task == "inference" else ("netspec", "torch")


ROWS = (
    Row("mlp", "MLP 784-256-128-10", "mlp", 64, 1.5),
    Row("lenet5", "LeNet-5, 28×28", "lenet5", 64, 2.5),
    Row("resnet20", "ResNet-20, 32×32", "resnet20_cifar", 64, 1.25),
    Row("resnet18", "ResNet-18, 224×224", "resnet18", 8, 1.4),
    Row("vgg16", "VGG-16, 224×224", "vgg16", 4, 2.0),
    Row("resnet18-frozen", "ResNet-18, all but the head frozen", "resnet18", 8, 1.5, overrides=HEAD),
    Row("lenet5-inference", "LeNet-5, inference", "lenet5", 64, 1.0, "inference"),
    Row("resnet18-inference", "ResNet-18, inference", "resnet18", 8, 1.0, "inference"),
    Row("vgg16-inference", "VGG-16, inference", "vgg16", 4, 1.0, "inference"),
)


@dataclass(frozen=True)
class Result:
    """What the race of a row found."""

    row: Row
    batch: int
    outcome: Outcome

    def to_json(self) -> dict[str, object]:
        """All that was measured; times in seconds."""
        outcome = self.outcome
        return {
            "name": self.row.name, "title": self.row.title, "batch": self.batch, "goal": self.row.goal,
            "ratio": outcome.ratio, "fastest_other": outcome.best, "absent": outcome.absent,
            "seconds": {name: asdict(timing) for name, timing in outcome.timings.items()},
        }  # fmt: skip


def as_json(machine: dict[str, str], results: Iterable[Result]) -> str:
    """One document."""
    document = {"machine": machine, "rows": [result.to_json() for result in results]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_markdown(machine: dict[str, str], results: Sequence[Result]) -> str:
    """The table in milliseconds, the fastest other in bold; below it the machine, and who did not take part and why."""
    taking_part = {name for result in results for name in (*result.outcome.timings, *result.outcome.absent)}
    columns = [name for name in NAMES if name in taking_part]
    lines = [markdown_line(["ms", "batch", *columns, "ratio", "goal"])]
    lines.append(markdown_line(["---", *["---:"] * (len(columns) + 3)]))
    lines += [markdown_line(_cells(result, columns)) for result in results]
    lines += ["", *(f"- {name}: {value}" for name, value in machine.items())]
    for result in results:
        lines += [f"- {result.row.name}: no {name}: {reason}" for name, reason in result.outcome.absent.items()]
    return "\n".join(lines)


def _cells(result: Result, columns: list[str]) -> list[str]:
    times, outcome = [], result.outcome
    for name in columns:
        shown = milliseconds(outcome.timings[name].median) if name in outcome.timings else "—"
        times.append(f"**{shown}**" if name == outcome.best else shown)
    ratio = f"{outcome.ratio:.2f}" if outcome.ratio is not None else "—"
    return [result.row.title, str(result.batch), *times, ratio, f"≥ {result.row.goal:g}"]


def markdown_line(cells: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


def milliseconds(seconds: float) -> str:
    """About three digits: "0.412", "3.81", "52.3", "2 915"."""
    value = 1e3 * seconds
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}".replace(",", " ")
