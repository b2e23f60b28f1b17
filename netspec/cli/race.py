"""`netspec race`: several optimizers side by side."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated

import typer

from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, OnSigint, Overrides, Quiet, Seed, Spec, Threads, Verbose, Weights
from netspec.cli.train import DryRun, Insight, LimitBatches, OnCtrlC, Output

if TYPE_CHECKING:
    from netspec.optimizers.base import Optimizer
    from netspec.spec.model import Spec as SpecModel

EXAMPLE = """
netspec race digits
netspec race specs/lenet5.toml --optimizers sgd:0.1,momentum,adam:0.002
"""
FIVE = ("sgd", "momentum", "adagrad", "rmsprop", "adam")


def race(
    spec: Spec,
    optimizers: Annotated[
        str | None,
        typer.Option(
            "--optimizers", metavar="NAMES", help="Separated by commas, with learning rates if wanted: sgd:0.1,adam."
        ),
    ] = None,
    weights: Weights = None,
    overrides: Overrides = None,
    output: Output = None,
    seed: Seed = None,
    threads: Threads = None,
    limit_batches: LimitBatches = None,
    dry_run: DryRun = False,
    insight: Insight = False,
    on_sigint: OnCtrlC = OnSigint.STOP,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Train with several optimizers in lock step: same initial bits, same batches.

    Without --optimizers those of the spec run, or sgd, momentum, adagrad, rmsprop and adam when it has only one. Prints
    a ranking, and saves a picture of the loss curves (SVG and PNG) in the run folder.
    """
    from netspec.cli.training import Job, run_job, spec_of

    job = Job(
        spec=spec,
        overrides=overrides,
        weights=weights,
        output=output,
        seed=seed,
        threads=threads,
        limit_batches=limit_batches,
        dry_run=dry_run,
        insight=insight,
        on_sigint=on_sigint,
        format=format,
        quiet=quiet,
        verbose=verbose,
    )
    loaded = spec_of(job)
    return run_job(job, loaded.model_copy(update={"optimizers": _racers(loaded, optimizers)}))


def _racers(spec: SpecModel, wanted: str | None) -> tuple[Optimizer, ...]:
    """One optimizer a lane: those of the spec as it has them, others with their defaults."""
    if wanted is None and len(spec.optimizers) > 1:
        return spec.optimizers
    entries = [entry.strip() for entry in wanted.split(",")] if wanted is not None else list(FIVE)
    racers = tuple(racer(spec, *entry.partition(":")) for entry in entries)
    labels = [each.label() for each in racers]
    for label in labels:
        if labels.count(label) > 1:
            raise CliError(f"--optimizers: {label} is there {labels.count(label)} times", "name each one once")
    if len(racers) < 2:
        raise CliError(f"--optimizers: {entries[0]} alone is no race", "name at least two, separated by commas")
    return racers


def racer(spec: SpecModel, name: str, colon: str = "", rate: str = "") -> Optimizer:
    """The spec's optimizer of that name, or the type of that name with its defaults; with another rate after a colon."""
    from netspec.registry import plugins

    found = next((optimizer for optimizer in spec.optimizers if optimizer.label() == name), None)
    kinds = plugins("netspec.optimizers")
    if found is None and name not in kinds:
        close = difflib.get_close_matches(name, kinds, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(kinds)}"
        raise CliError(f"--optimizers: there is no optimizer {name!r}", hint)
    chosen: Optimizer = found or kinds[name].model_validate(kinds[name].dialects.get(spec.dialect, {}))
    return chosen.model_copy(update={"lr": _rate(name, rate)}) if colon else chosen


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < float("inf"):
        raise CliError(f"--optimizers: {name}:{text} has no learning rate", f"write {name}:0.01") from None
    return rate
