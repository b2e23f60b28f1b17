"""Single layers, direction by direction: what the scripts of the kernel families share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.contest import EAGER, LAST, OURS, Contest, Task
from benchmarks.harness import Outcome, Pace, hold_each
from benchmarks.machine import machine, require_torch
from benchmarks.table import markdown_line, milliseconds
from netspec.graph import build_graph
from netspec.layers.base import volume
from netspec.shapes import infer_shapes
from netspec.spec.model import Spec

Work = Callable[["Case", Task], float]
"""Units of work of one call, such as floating-point operations."""


@dataclass(frozen=True)
class Case:
    """One layer on one input shape, (C, H, W) or (F,)."""

    title: str
    layer: Mapping[str, Any]
    shape: tuple[int, ...]
    batch: int

    def spec(self) -> Spec:
        """The layer as a network."""
        return Spec.model_validate({"input": {"shape": list(self.shape)}, "layers": [{"name": "layer", **self.layer}]})

    def inputs(self) -> int:
        """Elements of x."""
        return self.batch * volume(self.shape)

    def outputs(self) -> int:
        """Elements of y."""
        return self.batch * volume(infer_shapes(build_graph(self.spec()))["layer"])


@dataclass(frozen=True)
class Family:
    """A script: its cases, the directions that it times, and the unit in which work is told (1e9 of it a second)."""

    cases: Sequence[Case]
    tasks: Sequence[Task]
    unit: str
    work: Work


def flops(multiply_adds: Callable[[Case], int]) -> Work:
    """Two operations a multiply-add; both gradients together take twice those of the forward pass."""
    return lambda case, task: 2.0 * multiply_adds(case) * (2 if task == "backward" else 1)


def traffic(case: Case, task: Task) -> float:
    """Bytes that must pass at least: x and y forward; x, dy and dx backward."""
    return 4.0 * (case.inputs() + case.outputs() + (case.inputs() if task != "forward" else 0))


def run(family: Family, description: str | None, argv: Sequence[str] | None = None) -> int:
    """Race the family's cases and print a line for each direction."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("words", nargs="*", help="only cases whose title contains one of these")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.1, help="of a contestant's turn (default 0.1)")
    parser.add_argument("--batch", type=int, help="instead of the cases' own")
    parser.add_argument("--one-process", action="store_true", help="both libraries in one process, sharing one OpenMP")
    given = parser.parse_args(argv)
    cases = [case for case in family.cases if not given.words or any(word in case.title for word in given.words)]
    if not cases:
        parser.error(f"{' '.join(given.words)}: in none of the titles {', '.join(case.title for case in family.cases)}")
    require_torch()
    described = machine(given.threads)
    print(markdown_line(["layer", "batch", "direction", "netspec, ms", "PyTorch, ms", "ratio", f"netspec, {family.unit}",
                         f"PyTorch, {family.unit}"]))  # fmt: skip
    print(markdown_line([*["---"] * 3, *["---:"] * 5]))
    pairs = [(replace(case, batch=given.batch or case.batch), task) for case in cases for task in family.tasks]
    contests = (Contest(c.spec().model_dump(), c.batch, task, given.threads, compiles=False) for c, task in pairs)
    outcomes = hold_each(
        contests, ("netspec", "torch"), Pace(given.rounds, given.seconds, limit=20.0), one_process=given.one_process
    )
    for (case, task), outcome in zip(pairs, outcomes, strict=True):
        print(markdown_line(_cells(case, task, outcome, family.work(case, task))), flush=True)
    print("", *(f"- {name}: {value}" for name, value in described.items()), sep="\n")
    return 0


def _cells(case: Case, task: Task, outcome: Outcome, work: float) -> list[str]:
    """PyTorch's is the faster of both layouts."""
    missing = [f"{name}: {reason}" for name, reason in outcome.absent.items() if name in (OURS, EAGER, LAST)]
    if OURS not in outcome.timings or outcome.best is None:
        return [case.title, str(case.batch), task, "; ".join(missing), "", "", "", ""]
    ours, theirs = outcome.timings[OURS].median, outcome.timings[outcome.best].median
    rates = [f"{1e-9 * work / seconds:.3g}" for seconds in (ours, theirs)]
    return [case.title, str(case.batch), task, milliseconds(ours), milliseconds(theirs), f"{theirs / ours:.2f}", *rates]
