"""`netspec race`: several optimizers side by side."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import AsFormat, Format, OnSigint, Overrides, Quiet, Seed, Spec, Threads, Verbose, Weights
from netspec.cli.train import DryRun, LimitBatches, OnCtrlC, Output

if TYPE_CHECKING:
    from rich.console import Console

    from netspec.cli.ending import Ending
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
        on_sigint=on_sigint,
        format=format,
        quiet=quiet,
        verbose=verbose,
    )
    loaded = spec_of(job)
    return run_job(job, loaded.model_copy(update={"optimizers": _racers(loaded, optimizers)}), Ranking())


def _racers(spec: SpecModel, wanted: str | None) -> tuple[Optimizer, ...]:
    """One optimizer a lane: those of the spec as it has them, others with their defaults."""
    if wanted is None and len(spec.optimizers) > 1:
        return spec.optimizers
    entries = [entry.strip() for entry in wanted.split(",")] if wanted is not None else list(FIVE)
    racers = tuple(_racer(spec, *entry.partition(":")) for entry in entries)
    labels = [racer.label() for racer in racers]
    for label in labels:
        if labels.count(label) > 1:
            raise CliError(f"--optimizers: {label} is there {labels.count(label)} times", "name each one once")
    if len(racers) < 2:
        raise CliError(f"--optimizers: {entries[0]} alone is no race", "name at least two, separated by commas")
    return racers


def _racer(spec: SpecModel, name: str, colon: str, rate: str) -> Optimizer:
    from netspec.registry import plugins

    found = next((optimizer for optimizer in spec.optimizers if optimizer.label() == name), None)
    kinds = plugins("netspec.optimizers")
    if found is None and name not in kinds:
        close = difflib.get_close_matches(name, kinds, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(kinds)}"
        raise CliError(f"--optimizers: there is no optimizer {name!r}", hint)
    racer: Optimizer = found or kinds[name].model_validate(kinds[name].dialects.get(spec.dialect, {}))
    return racer.model_copy(update={"lr": _rate(name, rate)}) if colon else racer


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < float("inf"):
        raise CliError(f"--optimizers: {name}:{text} has no learning rate", f"write {name}:0.01") from None
    return rate


class Ranking:
    """What a race adds to the end of a run."""

    def document(self, ending: Ending) -> dict[str, Any]:
        """Places, and where the pictures are."""
        if ending.folder is None:
            return {}
        from netspec.train.ranking import as_rows

        return {"ranking": as_rows(self._places(ending)), "pictures": [str(path) for path in self._draw(ending.folder)]}

    def show(self, ending: Ending, screen: Console) -> None:
        """The ranking as a table in the optimizers' colours."""
        if ending.folder is None:
            return
        from netspec.cli.epoch_table import say, title

        places = self._places(ending)
        metric = next((place.metric for place in places if place.metric is not None), None)
        columns = [
            "",
            "optimizer",
            "lr",
            "best loss",
            "behind",
            "last loss",
            *([f"best {title(metric)}"] if metric else []),
        ]
        table = console.plain_table(*columns, right=(*columns[:1], *columns[2:]))
        for place in places:
            lane = next(lane for lane in ending.program.lanes if lane.label == place.optimizer)
            colour = console.optimizer_colour(lane.optimizer.type_name() if lane.optimizer else "")
            scores = [] if metric is None or place.best_metric is None else [say(metric, place.best_metric)]
            losses = [_loss(value) for value in (place.best_loss, place.gap, place.final_loss)]
            rate = f"{lane.optimizer.lr:g}" if lane.optimizer else ""
            table.add_row(str(place.rank), f"[{colour}]{place.optimizer}[/]", rate, *losses, *scores)
        screen.print()
        console.print_table(table)
        part = places[0].part
        screen.print(f"losses of the {part} part" if part == "validation" else f"losses: {part}", style=console.QUIET)
        for path in self._draw(ending.folder):
            screen.print(f"  curves {path}", markup=False)

    @staticmethod
    def _places(ending: Ending) -> list[Any]:
        from netspec.train.history import read_history
        from netspec.train.ranking import ranking

        assert ending.folder is not None
        return ranking(read_history(ending.folder))

    @staticmethod
    def _draw(folder: Path) -> list[Path]:
        from netspec.train.curves import draw_curves

        return draw_curves(folder)


def _loss(value: float) -> str:
    return f"{value:.4f}" if value == value and abs(value) != float("inf") else "–"
