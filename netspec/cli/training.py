"""What `train` and `race` share: load, compile, train, show, and say how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.analysis import analyze
from netspec.cli import console
from netspec.cli.data_table import parts_table
from netspec.cli.ending import Ending, print_ending
from netspec.cli.errors import CliError
from netspec.cli.fetching import show_fetching
from netspec.cli.loading import compile_program, load_spec, read_lock
from netspec.cli.options import Format, OnSigint
from netspec.cli.sigint import Interrupts
from netspec.cli.stage_view import freeze_plan
from netspec.cli.training_view import TrainingView
from netspec.training.events import Event
from netspec.training.inputs import data_for
from netspec.training.outcome import exit_status
from netspec.training.pretrained import pretrained_file
from netspec.training.run import train
from netspec.training.run_folder import refuse_taken
from netspec.training.setup import refuse_with_resume

if TYPE_CHECKING:
    from rich.console import Console

    from netspec.datasets.load import Data
    from netspec.program import Program
    from netspec.spec.model import Spec


Told = Callable[..., None]
"""Called with a phase ("reading data", "compiling", "starting", "training", "evaluating"); while compiling also with the names
of kernels, how many are done and how many there are."""

Closing = Callable[[Ending, "Console"], None]


@dataclass
class Job:
    """What the user asked for."""

    spec: str
    overrides: list[str] | None = None
    weights: Path | None = None
    resume: Path | None = None
    output: Path | None = None
    seed: int | None = None
    threads: int | None = None
    limit_batches: int | None = None
    overfit_batches: int | None = None
    dry_run: bool = False
    paused: bool = False
    on_sigint: OnSigint = OnSigint.STOP
    format: Format = Format.TEXT
    quiet: bool = False
    verbose: bool = False
    insight: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether nothing but the result is printed."""
        return self.quiet or self.format is Format.JSON


def run_job(job: Job, spec: Spec, told: Told | None = None, closing: Closing = print_ending) -> int:
    """Train `spec`; the exit code. told: hears what is going on before the first event and after the last.

    closing: prints how it ended.
    """
    told = told or (lambda phase, names=(), done=0, count=0: None)
    _refuse_early(job, spec)
    told("reading data")
    data = data_for(spec, None)
    told("compiling")
    program, _ = compile_program(spec, job.threads, quiet=job.is_silent, samples=len(data.train), told=told)
    screen = console.stderr() if job.format is Format.JSON else console.stdout()
    told("starting")
    with Interrupts(job.on_sigint) as interrupts:
        view = TrainingView(screen, quiet=job.is_silent, verbose=job.verbose)
        events = _start(job, spec, data, program, interrupts, view)
        if not job.is_silent:
            console.print_table(parts_table(data.table(), full=job.verbose, counted=data.counted))
            screen.print()
            if (plan := freeze_plan(analyze(spec), spec.train.epochs, spec.optimizers)) is not None:
                console.print_table(plan)
                screen.print()
        with view:
            for number, event in enumerate(events):
                if number == 0:  # the run is held and its history says so: from here on it can be asked for something
                    told("training")
                view.see(event)
    told("evaluating")
    ending = Ending(spec, program, data, view, job)
    ending.write_test()
    closing(ending, screen)
    return exit_status(view.ends.values())


def _refuse_early(job: Job, spec: Spec) -> None:
    """What can be told before data are read and kernels compiled, which may take minutes."""
    if job.output is not None and job.resume is None and not job.dry_run:
        refuse_taken(job.output.expanduser())
    if job.resume is not None:
        refuse_with_resume(weights=job.weights, output=job.output, dry_run=job.dry_run)
    else:
        pretrained_file(spec, job.weights, show_fetching)


def _start(
    job: Job, spec: Spec, data: Data, program: Program, interrupts: Interrupts, view: TrainingView
) -> Iterator[Event]:
    """The run's events; raises at once when the run cannot start."""

    def save() -> bool:
        wanted = interrupts.is_saving()
        view.tells_saving |= wanted
        return wanted

    return train(
        spec,
        data,
        job.output,
        resume=job.resume,
        weights=job.weights,
        threads=job.threads,
        limit_batches=job.limit_batches,
        overfit_batches=job.overfit_batches,
        dry_run=job.dry_run,
        paused=job.paused,
        stop=interrupts.stop,
        save=save,
        program=program,
        insight=job.insight,
    )


def spec_of(job: Job) -> Spec:
    """The job's spec; a resumed run keeps its seed, which may have come from --seed."""
    if job.resume is None:
        return load_spec(job.spec, job.overrides, job.seed)
    seed = read_lock(job.resume if job.resume.is_dir() else job.resume.parent.parent).get("seed")
    if None not in (seed, job.seed) and seed != job.seed:
        raise CliError(f"a resumed run keeps its seed {seed}", "leave --seed out")
    spec = load_spec(job.spec, job.overrides, job.seed)
    return spec if seed in (None, spec.seed) else spec.model_copy(update={"seed": seed})
