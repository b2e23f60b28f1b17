"""`netspec train`: train what a spec says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, OnSigint, Overrides, Quiet, Seed, Threads, Verbose, Weights, folder
from netspec.cli.sources import no_run

EXAMPLE = """
netspec train digits
netspec train specs/lenet5.toml --set optimizer.lr=0.01 -o runs/hot
netspec train --resume runs/hot
"""

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FOLDER", parser=folder, help="Run folder; default: runs/NAME-1, -2, …"),
]
LimitBatches = Annotated[
    int | None,
    typer.Option("--limit-batches", metavar="N", min=1, help="Use only so many batches of each epoch and validation."),
]
OverfitBatches = Annotated[
    int | None,
    typer.Option(
        "--overfit-batches", metavar="N", min=1, help="Train on, and validate with, the same so many batches."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", metavar="", help="Build everything, do one step, write nothing.")]
Insight = Annotated[
    bool,
    typer.Option(
        "--insight", metavar="", help="Leave histograms, confusion matrices and worst samples in the run folder."
    ),
]
OnCtrlC = Annotated[
    OnSigint,
    typer.Option(
        "--on-sigint", help="First Ctrl-C: save and stop, save a checkpoint and go on, or nothing. A second one stops."
    ),
]


def train(
    spec: Annotated[
        str | None,
        typer.Argument(
            metavar="SPEC", help="Spec file, name of a shipped spec such as digits, or folder of `netspec compile`."
        ),
    ] = None,
    weights: Weights = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN", help="Go on with a run: weights, optimizer, data order, all."),
    ] = None,
    overrides: Overrides = None,
    output: Output = None,
    seed: Seed = None,
    threads: Threads = None,
    limit_batches: LimitBatches = None,
    overfit_batches: OverfitBatches = None,
    dry_run: DryRun = False,
    insight: Insight = False,
    on_sigint: OnCtrlC = OnSigint.STOP,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Train a network and keep everything about it in a run folder.

    --weights starts a new run from the parameters in a file; --resume goes on with an old one exactly where it stopped.
    Ctrl-C once finishes the step, saves and ends with exit code 130; twice stops at once. NaN ends with exit code 3.
    """
    from netspec.cli.ending import print_ending
    from netspec.cli.finetune_view import print_with_stages
    from netspec.cli.training import Job, run_job, spec_of

    if spec is None and resume is None:
        raise CliError("SPEC is missing", "try `netspec train digits`, an example whose data come with netspec")
    if resume is not None and not resume.expanduser().exists():
        raise no_run(str(resume))
    job = Job(
        spec=spec if spec is not None else _spec_of(resume),
        overrides=overrides,
        weights=weights,
        resume=resume,
        output=output,
        seed=seed,
        threads=threads,
        limit_batches=limit_batches,
        overfit_batches=overfit_batches,
        dry_run=dry_run,
        insight=insight,
        on_sigint=on_sigint,
        format=format,
        quiet=quiet,
        verbose=verbose,
    )
    made = spec_of(job)
    return run_job(job, made, closing=print_ending if made.transfer is None else print_with_stages)


def _spec_of(resume: Path | None) -> str:
    """A run is resumed with its own spec unless another one is given."""
    assert resume is not None
    return str(resume if resume.is_dir() else resume.parent.parent)
