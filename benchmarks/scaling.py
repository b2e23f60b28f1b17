"""Training step against the number of threads, 1 … all cores, netspec and PyTorch.

python -m benchmarks.scaling resnet18 lenet5
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.contest import OURS, Contest
from benchmarks.harness import Pace, hold
from benchmarks.machine import cores, machine, require_torch
from benchmarks.table import ROWS, markdown_line, milliseconds

TRAINING = {row.name: row for row in ROWS if row.task == "training"}


def thread_counts(most: int) -> list[int]:
    """1, 2, 4, … and all of them."""
    return sorted({2**power for power in range(most.bit_length())} | {most})


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(TRAINING)} (default: lenet5 resnet20 resnet18)")
    parser.add_argument("--most", type=int, default=cores(), help="threads (default: all cores)")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batch", type=int, help="instead of the networks' own")
    given = parser.parse_args(argv)
    names = given.networks or ["lenet5", "resnet20", "resnet18"]
    if unknown := [name for name in names if name not in TRAINING]:
        parser.error(f"{', '.join(unknown)}: no such network; there are {', '.join(TRAINING)}")
    require_torch()
    described = machine(given.most)
    print(markdown_line(["network", "batch", "threads", "netspec, ms", "speed-up", "PyTorch, ms", "speed-up", "ratio"]))
    print(markdown_line(["---", *["---:"] * 7]))
    for name in names:
        _scale(name, given.batch or TRAINING[name].batch, given.most, Pace(given.rounds, limit=30.0))
    print("", *(f"- {key}: {value}" for key, value in described.items()), sep="\n")
    return 0


def _scale(name: str, batch: int, most: int, pace: Pace) -> None:
    """One line for each number of threads; the speed-ups are over one thread. PyTorch: the faster of its layouts."""
    table, first = TRAINING[name].read().model_dump(), None
    for threads in thread_counts(most):
        outcome = hold(Contest(table, batch, "training", threads, compiles=False), ("netspec", "torch"), pace)
        if outcome.best is None or OURS in outcome.absent:
            raise RuntimeError(f"{name} with {threads} threads: {outcome.absent}")
        times = outcome.timings[OURS].median, outcome.timings[outcome.best].median
        first = first or times
        cells = [text for time, alone in zip(times, first, strict=True)
                 for text in (milliseconds(time), f"{alone / time:.2f}")]  # fmt: skip
        print(markdown_line([name, str(batch), str(threads), *cells, f"{times[1] / times[0]:.2f}"]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
