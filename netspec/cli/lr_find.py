"""`netspec lr-find`: which learning rates make the loss fall, and from where on it explodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode
from netspec.cli.options import AsFormat, Format, Overrides, Quiet, Seed, Threads, Verbose, Weights

if TYPE_CHECKING:
    from netspec.range_test.curve import LaneCurve
    from netspec.range_test.find import RangeTest

EXAMPLE = """
netspec lr-find digits
netspec lr-find specs/digits_race.toml -o curve.svg
netspec lr-find --resume runs/digits-1 --steps 200
"""
SHOWN = 12
"""Rates in the table of losses; the files hold all."""

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Draw the curve (.svg, .png) or write its points (.csv)."),
]
LrMin = Annotated[float, typer.Option("--lr-min", metavar="X", help="The first rate.")]
LrMax = Annotated[float, typer.Option("--lr-max", metavar="X", help="The last rate.")]
Steps = Annotated[
    int | None, typer.Option("--steps", metavar="N", min=10, help="Rates tried; default 100, fewer with little data.")
]
Resume = Annotated[
    Path | None, typer.Option("--resume", metavar="RUN", help="Look at a run where it stands; its files stay as they are.")
]
LimitBatches = Annotated[
    int | None, typer.Option("--limit-batches", metavar="N", min=1, help="Use only so many batches of each epoch.")
]


def lr_find(
    spec: Annotated[
        str | None, typer.Argument(metavar="SPEC", help="Spec file, or name of a shipped spec such as digits.")
    ] = None,
    weights: Weights = None,
    resume: Resume = None,
    overrides: Overrides = None,
    output: Output = None,
    lr_min: LrMin = 1e-7,
    lr_max: LrMax = 10.0,
    steps: Steps = None,
    seed: Seed = None,
    threads: Threads = None,
    limit_batches: LimitBatches = None,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Raise the learning rate step by step and watch the loss: which rates to train with.

    Each optimizer has its own curve, on the same batches. Weights, statistics, optimizer slots, step counters, random
    state and data order are brought back afterwards; their SHA-256 before and after is printed. With [transfer] it is
    about the layers that are trainable at first.
    """
    from netspec.cli.loading import compile_program
    from netspec.cli.training import Job, spec_of
    from netspec.range_test.find import lr_find as find

    if output is not None:
        _refuse_output(output)
    name = _source(spec, resume, weights)
    loaded = spec_of(Job(spec=name, resume=resume, overrides=overrides, seed=seed))
    program, _ = compile_program(loaded, threads, quiet=quiet or format is Format.JSON)
    test = find(
        loaded, None, weights=weights, resume=resume, lr_min=lr_min, lr_max=lr_max, steps=steps, threads=threads,
        limit_batches=limit_batches, program=program,
    )  # fmt: skip
    if output is not None:
        _write(test, output)
    if format is Format.JSON:
        console.print_json(document(test))
    else:
        _print(test, output, quiet=quiet)
    return ExitCode.OK if test.unchanged else ExitCode.FAILED


def _source(spec: str | None, resume: Path | None, weights: Path | None) -> str:
    """The spec to load: a run's own unless another one is given."""
    from netspec.cli.sources import no_run
    from netspec.training.setup import refuse_with_resume

    if resume is None:
        if spec is None:
            raise CliError("SPEC is missing", "try `netspec lr-find digits`, an example whose data come with netspec")
        return spec
    if not resume.expanduser().exists():
        raise no_run(str(resume))
    refuse_with_resume(weights=weights, output=None, dry_run=False)
    return spec or str(resume if resume.is_dir() else resume.parent.parent)


def _refuse_output(output: Path) -> None:
    """Before minutes of computing."""
    from netspec.range_test.picture import SUFFIXES

    if output.suffix.lower() not in SUFFIXES:
        raise CliError(f"--output {output}: the name ends with none of {', '.join(SUFFIXES)}", "use one of them")


def _write(test: RangeTest, output: Path) -> None:
    from netspec.range_test.picture import write_picture

    try:
        write_picture(test, output.expanduser())
    except OSError as error:
        raise CliError(f"{output}: cannot be written ({error.strerror or error})", "name another file") from error


def document(test: RangeTest) -> dict[str, Any]:
    """The result as JSON, with every point."""
    from netspec.range_test.curve import RULES

    keys = {rule: rule.replace(" / 10", "_10").replace(" descent", "") for rule in RULES}
    return {
        "name": test.name,
        "lr_min": test.lr_min,
        "lr_max": test.lr_max,
        "steps": test.steps,
        "step": test.step,
        "trainable": list(test.trainable),
        "frozen": list(test.frozen),
        "digest_before": test.digest_before,
        "digest_after": test.digest_after,
        "unchanged": test.unchanged,
        "optimizers": [
            {
                "optimizer": lane.label,
                "type": lane.kind,
                "lr": lane.usual,
                "suggestions": {
                    keys[rule]: {"lr": rate, "rule": RULES[rule]} for rule, rate in lane.suggestions.items()
                },
                "stopped": lane.stopped,
                "warning": lane.warning,
                "loss_before": lane.before,
                "points": [
                    {"lr": lr, "loss": loss, "untouched": base, "smoothed": mean}
                    for lr, loss, base, mean in zip(lane.lr, lane.loss, lane.untouched, lane.smoothed, strict=True)
                ],
            }
            for lane in test.lanes
        ],
    }  # fmt: skip


def _print(test: RangeTest, output: Path | None, *, quiet: bool) -> None:
    from netspec.range_test.curve import MINIMUM, RULES, STEEPEST
    from netspec.range_test.snapshot import COVERED

    screen = console.stdout()
    if not quiet:
        screen.print(_told(test), markup=False)
        screen.print()
        console.print_table(_losses(test))
        screen.print()
    table = console.plain_table("optimizer", "spec's lr", STEEPEST, MINIMUM, "lowest loss", right=_RIGHT)
    for lane in test.lanes:
        colour = console.optimizer_colour(lane.kind)
        rates = [f"{lane.suggestions[rule]:.2g}" if rule in lane.suggestions else "–" for rule in RULES]
        lowest = "–" if lane.lowest is None else f"{lane.lowest[1]:.4g} at {lane.lowest[0]:.2g}"
        table.add_row(f"[{colour}]{lane.label}[/]", f"{lane.usual:g}", *rates, lowest)
    console.print_table(table)
    screen.print()
    for rule, meaning in RULES.items() if not quiet else ():
        screen.print(f"{rule}: {meaning}", style=console.QUIET, markup=False)
    for lane in test.lanes:
        if lane.warning:
            screen.print(f"[{console.WARNING}]warning[/] {lane.label}: ", end="")
            screen.print(lane.warning, markup=False)
    if output is not None:
        screen.print(f"curve    {output}", markup=False, soft_wrap=True)
    _print_proof(test, COVERED)


def _print_proof(test: RangeTest, covered: str) -> None:
    screen = console.stdout()
    if test.unchanged:
        screen.print(f"[{console.OK}]unchanged[/]  {covered}:", soft_wrap=True)
        screen.print(f"  sha256 before = after =\n  {test.digest_after}", markup=False, soft_wrap=True)
        return
    message = f"the test has changed the program: sha256 before {test.digest_before}, after {test.digest_after}"
    console.stderr().print(f"[bold {console.ERROR}]failed[/] {message}; please report this defect of netspec")


def _told(test: RangeTest) -> str:
    """What is tried on what."""
    rates = f"rates from {test.lr_min:g} to {test.lr_max:g} in {test.steps} steps of {test.samples} samples"
    start = f", from step {console.count(test.step)} of the run" if test.step else ""
    if not test.frozen:
        return f"{test.name}: {rates}{start}"
    names = ", ".join(test.trainable[:6]) + (", …" if len(test.trainable) > 6 else "")
    layers = console.plural(len(test.trainable), "layer")
    return f"{test.name}: {rates}{start}; trainable: {layers} ({names}); frozen: {len(test.frozen)} {console.FROZEN}"


def _losses(test: RangeTest) -> Any:
    """The averages at some of the rates, evenly spread."""
    labels = [lane.label for lane in test.lanes]
    table = console.plain_table("learning rate", *labels, right=("learning rate", *labels))
    longest = max((lane.lr for lane in test.lanes), key=len)
    rows = sorted({round(i * (len(longest) - 1) / (SHOWN - 1)) for i in range(SHOWN)}) if longest else []
    for place, row in enumerate(rows):
        before = rows[place - 1] if place else -1
        table.add_row(f"{longest[row]:.1e}", *[_cell(lane, row, before) for lane in test.lanes])
    return table


def _cell(lane: LaneCurve, row: int, before: int) -> str:
    """The average; in the first row behind a curve's end, why it ended."""
    if row < len(lane.loss):
        value = lane.smoothed[row]
        return f"{value:.4g}" if value - value == 0 else "NaN"
    return {"nan": "NaN", "diverged": "diverged"}.get(lane.stopped or "", "") if before < len(lane.loss) else ""


_RIGHT = ("spec's lr", "steepest descent", "minimum / 10", "lowest loss")
