"""How a training step grows: LeNet-5 with the batch size, ResNet-18 with the size of its pictures; netspec and PyTorch.

python -m benchmarks.growth             writes docs/images/growth.png and growth.json beside it
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contest import OURS, Contest
from benchmarks.harness import Pace, hold
from benchmarks.machine import machine, require_torch
from benchmarks.table import ROWS, milliseconds
from netspec.look import LIGHT, OPTIMIZER_COLOURS

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SIZES = (64, 96, 128, 160, 192, 224, 256)
ROW = {row.name: row for row in ROWS}
COLOURS = {"netspec": LIGHT.accent, "PyTorch": OPTIMIZER_COLOURS["momentum"]}
"""A blue and an orange that colour-blind eyes tell apart."""


@dataclass(frozen=True)
class Growth:
    """Seconds a step over `sizes`; PyTorch's are those of the faster layout, without torch.compile."""

    title: str
    axis: str
    sizes: list[int]
    netspec: list[float]
    pytorch: list[float]


def measure_batches(batches: Sequence[int], threads: int, pace: Pace) -> Growth:
    """LeNet-5."""
    table = ROW["lenet5"].read().model_dump()
    contests = [Contest(table, n, "training", threads, compiles=False) for n in batches]
    return _measure("LeNet-5, 28 × 28", "samples in a batch", list(batches), contests, pace)


def measure_sizes(sizes: Sequence[int], batch: int, threads: int, pace: Pace) -> Growth:
    """ResNet-18."""
    tables = [ROW["resnet18"].read([f"input.shape=[3,{size},{size}]"]).model_dump() for size in sizes]
    contests = [Contest(table, batch, "training", threads, compiles=False) for table in tables]
    return _measure(f"ResNet-18, batch {batch}", "height and width of the pictures", list(sizes), contests, pace)


def _measure(title: str, axis: str, sizes: list[int], contests: Sequence[Contest], pace: Pace) -> Growth:
    ours, theirs = [], []
    for size, contest in zip(sizes, contests, strict=True):
        outcome = hold(contest, ("netspec", "torch"), pace)
        if outcome.best is None or OURS in outcome.absent:
            raise RuntimeError(f"{title}, {size}: {outcome.absent}")
        ours.append(outcome.timings[OURS].median)
        theirs.append(outcome.timings[outcome.best].median)
        print(
            f"{title}, {size}: netspec {milliseconds(ours[-1])} ms, PyTorch {milliseconds(theirs[-1])} ms", flush=True
        )
    return Growth(title, axis, sizes, ours, theirs)


def draw(growths: Sequence[Growth], threads: int, file: Path) -> None:
    """One panel for each growth, both axes logarithmic, the curves named at their right ends."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.8), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"Time of a training step, {threads} threads", color=LIGHT.text, fontsize=12, fontweight="bold")
    for place, growth in enumerate(growths):
        _draw_panel(figure.add_subplot(1, len(growths), place + 1), growth)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)


def _draw_panel(axes: Any, growth: Growth) -> None:
    for name, values in (("netspec", growth.netspec), ("PyTorch", growth.pytorch)):
        colour = COLOURS[name]
        heights = [1e3 * value for value in values]
        axes.plot(growth.sizes, heights, color=colour, linewidth=1.4, marker="o", markersize=3.5)
        axes.annotate(
            name, (growth.sizes[-1], heights[-1]), xytext=(6, 0), textcoords="offset points",
            va="center", color=colour, fontsize=10,
        )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(growth.sizes, [str(size) for size in growth.sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title(growth.title, color=LIGHT.text, fontsize=11, loc="left")
    axes.set_xlabel(growth.axis, color=LIGHT.secondary)
    axes.set_ylabel("ms", color=LIGHT.secondary)
    axes.tick_params(colors=LIGHT.secondary, length=0)
    axes.grid(axis="y", color=LIGHT.line, linewidth=0.8)
    axes.set_frame_on(False)
    axes.margins(x=0.02)
    axes.set_xlim(right=growth.sizes[-1] * (growth.sizes[-1] / growth.sizes[0]) ** 0.22)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, write the numbers and the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent.parent / "docs/images/growth.png")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batches", type=int, nargs="+", default=list(BATCHES))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--batch", type=int, default=8, help="of ResNet-18 (default 8)")
    given = parser.parse_args(argv)
    pace = Pace(given.rounds, limit=20.0)
    require_torch()
    described = machine(given.threads)
    growths = [
        measure_batches(given.batches, given.threads, pace),
        measure_sizes(given.sizes, given.batch, given.threads, pace),
    ]
    draw(growths, given.threads, given.output)
    document = {"machine": described, "growth": [vars(growth) for growth in growths]}
    given.output.with_suffix(".json").write_text(
        json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
