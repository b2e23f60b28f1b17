"""`netspec time`: where a step's time goes, layer by layer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, Overrides, Quiet, Spec, Threads, Verbose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netspec.program import Program
    from netspec.timing import Line, Part, Progress, Timing

EXAMPLE = """
netspec time lenet5
netspec time specs/resnet18.toml --batch-size 8 --top 10
netspec time digits --inference --format json
"""

BatchSize = Annotated[
    int | None, typer.Option("--batch-size", metavar="N", min=1, help="Samples in a step; default: the spec's.")
]
Inference = Annotated[
    bool, typer.Option("--inference", metavar="", help="Time the forward pass of `predict`, not a training step.")
]
Rounds = Annotated[
    int | None, typer.Option("--rounds", metavar="N", min=1, help="Repetitions; default: 5 to 200, about 3 seconds.")
]
Top = Annotated[
    int | None, typer.Option("--top", metavar="N", min=1, help="Only the N lines that take longest, longest first.")
]


def time_spec(
    spec: Spec,
    batch_size: BatchSize = None,
    inference: Inference = False,
    rounds: Rounds = None,
    top: Top = None,
    overrides: Overrides = None,
    threads: Threads = None,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Time a training step: each layer forward and backward, the loss and the update.

    Shows medians in milliseconds, GFLOP/s (a multiply-add counts as two operations) and their share of what this machine
    can do, as measured in between. The input is random: no data are read and nothing is kept. With -v every kernel call.
    """
    from netspec.cli.loading import compile_program, load_spec
    from netspec.cli.time_table import print_timing
    from netspec.timing import measure

    changes = [*(overrides or []), *([] if batch_size is None else [f"train.batch_size={batch_size}"])]
    loaded = load_spec(spec, changes)
    if loaded.loss is None and not inference:
        raise CliError("time: the spec has no loss, so there is no training step", "add [loss], or give --inference")
    is_silent = quiet or format is Format.JSON
    program, _ = compile_program(loaded, threads, quiet=is_silent)
    with _progress(quiet=is_silent) as progress:
        timing = measure(program, inference=inference, rounds=rounds, progress=progress)
    lines = timing.slowest(top) if top else timing.lines()
    if format is Format.JSON:
        console.print_json(_document(program, timing, lines, inference=inference))
    else:
        print_timing(program, timing, lines, inference=inference, verbose=verbose)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress | None]:
    """A bar that is painted between the rounds only: a thread that paints would disturb them."""
    screen = console.stderr()
    if quiet or not screen.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    with Progress("timing", BarColumn(), MofNCompleteColumn(), console=screen, auto_refresh=False, transient=True) as bar:
        task = bar.add_task("")

        def show(done: int, rounds: int) -> None:
            bar.update(task, completed=done, total=rounds)
            if done % max(1, rounds // 20) == 0:
                bar.refresh()

        yield show


def _document(program: Program, timing: Timing, lines: list[Line], *, inference: bool) -> dict[str, Any]:
    """Milliseconds and 10⁹ operations a second; the totals are of all parts, also of those that --top leaves out."""
    optimizer = program.lanes[0].optimizer
    return {
        "name": program.spec.name,
        "mode": "inference" if inference else "training",
        "batch_size": program.batch_size,
        "dtype": program.dtype,
        "threads": program.threads,
        "optimizer": None if inference or optimizer is None else program.lanes[0].label,
        "rounds": timing.rounds,
        "peak_gflops": timing.peak / 1e9,
        "parts": [_part(timing, part) for line in lines for part in line.parts],
        "totals": {
            **{f"{direction}_ms": 1e3 * timing.seconds(direction) for direction in timing.directions()},
            "sum_ms": 1e3 * timing.seconds(),
            "step_ms": 1e3 * timing.step_seconds,
            "step_gflops": timing.step_rate / 1e9,
            "step_peak_share": timing.step_rate / timing.peak,
        },
    }


def _part(timing: Timing, part: Part) -> dict[str, Any]:
    rate = part.flops / part.seconds
    return {
        "layer": part.name,
        "type": part.type,
        "direction": part.direction,
        "ms": 1e3 * part.seconds,
        "flops": part.flops,
        "gflops": rate / 1e9 if part.flops else None,
        "peak_share": rate / timing.peak if part.flops else None,
        "algorithm": part.algorithm,
        "absorbed": list(part.absorbed),
        "calls": [
            {"kernel": call.kernel, "algorithm": call.algorithm, "chunks": call.chunks, "ms": 1e3 * call.seconds}
            for call in part.calls
        ],
    }
