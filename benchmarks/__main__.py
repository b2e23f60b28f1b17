"""The race against PyTorch and ONNX Runtime: training steps and inference, medians and ratios.

python -m benchmarks                              the whole table
python -m benchmarks lenet5 'resnet18*'           some rows of it
python -m benchmarks --format json > race.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase

from benchmarks.contest import OURS, Contest
from benchmarks.harness import Pace, hold
from benchmarks.machine import machine, require_torch
from benchmarks.table import ROWS, Result, Row, as_json, as_markdown, milliseconds


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(row.name for row in ROWS)};\n* and ? stand for others")
    parser.add_argument("--threads", type=int, default=2, help="of every contestant (default 2)")
    parser.add_argument("--rounds", type=int, default=15, help="turns of every contestant (default 15)")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds a row, after five rounds (default 120)")
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile")
    parser.add_argument("--compile-limit", type=float, default=300.0, help="seconds for each (default 300)")
    parser.add_argument("--one-process", action="store_true", help="all libraries in one process, sharing one OpenMP")
    parser.add_argument("--batch", type=int, help="instead of the rows' own")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change the specs")
    parser.add_argument("--format", choices=["markdown", "json"], default="markdown")
    return parser


def chosen(patterns: Sequence[str]) -> list[Row]:
    """The rows asked for, in the table's order. Raises ValueError for a pattern that matches none."""
    for pattern in patterns:
        if not any(fnmatchcase(row.name, pattern) for row in ROWS):
            raise ValueError(f"{pattern}: no such row; there are {', '.join(row.name for row in ROWS)}")
    return [row for row in ROWS if not patterns or any(fnmatchcase(row.name, pattern) for pattern in patterns)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rows and print the table; 1 when netspec itself failed in a row."""
    parser = arguments()
    given = parser.parse_args(argv)
    try:
        rows = chosen(given.rows)
    except ValueError as error:
        parser.error(str(error))
    if any("torch" in row.libraries for row in rows):
        require_torch()
    results, described = [], machine(given.threads)
    for row in rows:
        results.append(_run(row, given))
        print(_told(results[-1]), file=sys.stderr, flush=True)
    form = as_json if given.format == "json" else as_markdown
    print(form(described, results))
    return int(any(OURS in result.outcome.absent for result in results))


def _run(row: Row, given: argparse.Namespace) -> Result:
    """One race; its processes, and with them all its memory, are gone afterwards."""
    batch = given.batch or row.batch
    contest = Contest(
        row.read(given.set).model_dump(), batch, row.task, given.threads, not given.no_compile, given.compile_limit
    )
    pace = Pace(given.rounds, limit=given.limit)
    return Result(row, batch, hold(contest, row.libraries, pace, one_process=given.one_process))


def _told(result: Result) -> str:
    """One line for those who wait."""
    outcome = result.outcome
    times = [f"{name} {milliseconds(timing.median)} ms" for name, timing in outcome.timings.items()]
    return ", ".join([*times, *(f"no {name}: {reason}" for name, reason in outcome.absent.items())])


if __name__ == "__main__":
    sys.exit(main())
