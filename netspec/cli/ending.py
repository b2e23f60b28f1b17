"""The last lines of a training run: how it ended, the best, the test part, where it lies, what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.cli.options import Format
from netspec.cli.training_view import TrainingView
from netspec.look import title
from netspec.metrics.monitor import say
from netspec.training.closing import in_words, write_closing
from netspec.training.events import COMPLETED, DRY_RUN, EARLY_STOPPING, INTERRUPTED, NAN, End, FrozenProof

if TYPE_CHECKING:
    from rich.console import Console

    from netspec.cli.training import Job
    from netspec.datasets.load import Data
    from netspec.program import Program
    from netspec.spec.model import Spec
    from netspec.training.evaluate import Evaluation


@dataclass
class Ending:
    """A run that is over."""

    spec: Spec
    program: Program
    data: Data
    view: TrainingView
    job: Job

    @property
    def is_done(self) -> bool:
        """Whether a lane got to its end, so that there is something to use."""
        return any(end.reason in (COMPLETED, EARLY_STOPPING) for end in self.view.ends.values())

    @property
    def folder(self) -> Path | None:
        """The run folder; None after a dry run."""
        run = self.view.run
        return Path(run.folder) if run is not None and run.folder is not None else None

    def write_test(self) -> None:
        """Leave what is printed of the test part in the run folder, for those who did not see it printed."""
        if self.folder is not None and self.test:
            write_closing(self.folder, self.test)

    @cached_property
    def test(self) -> dict[str, Evaluation]:
        """Lane → the test part with its best weights; empty when the run did not get to its end."""
        if self.data.test is None or self.folder is None or self.job.overfit_batches or self.job.limit_batches:
            return {}
        done = [label for label, end in self.view.ends.items() if end.reason in (COMPLETED, EARLY_STOPPING)]
        return {label: self._evaluate(label) for label in done}

    def _evaluate(self, label: str) -> Evaluation:
        from netspec.training.evaluate import evaluate
        from netspec.training.load import load_run
        from netspec.training.settings import metrics_for

        assert self.folder is not None
        assert self.data.test is not None
        lane = next(lane for lane in self.program.lanes if lane.label == label)
        lane.load_tensors(load_run(self.folder, optimizer=label).tensors)
        return evaluate(
            lane,
            self.data.test,
            self.data.normalization,
            metrics=metrics_for(self.spec, self.data),
            losses=self.spec.losses,
            batch_size=self.program.batch_size,
            dtype=self.program.dtype,
            finish=self.data.finish,
        )

    def as_json(self) -> dict[str, Any]:
        """The document of `--format json`."""
        run = self.view.run
        return {
            "run": None if self.folder is None else str(self.folder),
            "name": self.spec.name,
            "parameters": None if run is None else run.parameters,
            "optimizers": [self._lane(end) for end in self.view.ends.values()],
        }

    def _lane(self, end: End) -> dict[str, Any]:
        test = self.test.get(end.optimizer)
        return {
            "optimizer": end.optimizer,
            "reason": end.reason,
            "message": end.message,
            "step": end.step,
            "epoch": end.epoch,
            "seconds": end.seconds,
            "last": self.view.last.get(end.optimizer, {}),
            "best": {"monitor": end.monitor, "value": end.best_value, "step": end.best_step} if end.monitor else None,
            "test": None if test is None else {key: test.to_json()[key] for key in ("loss", "metrics", "samples")},
            "digest": end.digest,
        }


def print_ending(ending: Ending, screen: Console) -> None:
    """As JSON on stdout, or as text; the result is printed even with -q."""
    from netspec.cli.ranking import ranking_document, show_ranking

    is_race = len(ending.view.ends) > 1
    if ending.job.format is Format.JSON:
        console.print_json(ending.as_json() | (ranking_document(ending) if is_race else {}))
        return
    if not ending.job.quiet:
        screen.print()
    for end in ending.view.ends.values():
        if not is_race:
            _print_end(ending, end, screen)
            _print_scores(ending, end, screen)
        elif end.reason != COMPLETED:
            target = console.stderr() if end.reason == NAN and ending.job.format is Format.TEXT else screen
            target.print(end.optimizer, style=console.optimizer_colour(_kind(ending, end.optimizer)), end=": ")
            _print_end(ending, end, screen)
    if is_race:
        show_ranking(ending, screen)
    _print_proofs(ending, screen)
    _print_next(ending, screen)


def _print_end(ending: Ending, end: End, screen: Console) -> None:
    is_good = end.reason in (COMPLETED, EARLY_STOPPING, DRY_RUN)
    colour = console.OK if is_good else console.WARNING if end.reason == INTERRUPTED else console.ERROR
    target = console.stderr() if end.reason == NAN and ending.job.format is Format.TEXT else screen
    target.print(f"[{colour}]{end.reason}[/]: ", end="")
    message = end.message.removeprefix(f"{end.reason}: ")
    target.print(f"{message}, {console.duration(end.seconds)}", markup=False)
    if end.bundle is not None and ending.folder is not None:
        target.print(f"  to replay the step: {ending.folder / end.bundle}", markup=False)


def _print_scores(ending: Ending, end: End, screen: Console) -> None:
    """Best validation, and the test part with the best weights; after the one step of a dry run neither is a result."""
    if end.reason == DRY_RUN:
        return
    if end.monitor is not None and end.best_value is not None:
        best = f"{title(end.monitor)} {say(end.monitor, end.best_value)} at step {console.count(end.best_step or 0)}"
        screen.print(f"  best   {best}", markup=False)
    if (test := ending.test.get(end.optimizer)) is not None:
        screen.print(f"  test   {in_words(test)} ({console.plural(test.samples, 'sample')})", markup=False)


def _print_proofs(ending: Ending, screen: Console) -> None:
    """A line for each lane and each stage in which something was frozen and looked at."""
    for lane in ending.view.proofs.values():
        for (layers, _), group in groupby(lane, key=lambda proof: (proof.layers, proof.number)):
            proofs = list(group)
            held = all(proof.unchanged for proof in proofs)
            line = _proof_line(proofs, held=held, dry=ending.job.dry_run)
            if layers or not held:
                screen.print(line, style="" if held else console.ERROR, markup=False)


def _proof_line(proofs: Sequence[FrozenProof], *, held: bool, dry: bool) -> str:
    """ "  frozen 71 layers unchanged in epochs 1 – 2, stage 1 of 3 (parameters and statistics; checked 3 times, sha256 …)"."""
    last = proofs[-1]
    first = proofs[0].epoch + proofs[0].begins
    epochs = f"epoch {first}" if last.epoch == first else f"epochs {first} – {last.epoch}"
    when = " in the dry run" if dry else f" in {epochs}" if last.epoch >= first else " at its begin"
    place = f", stage {last.number + 1} of {last.stages}" if last.stages > 1 else ""
    times = f"checked {console.plural(len(proofs), 'time')}, sha256 {last.digest[:16]}…"
    word = "unchanged" if held else "CHANGED"
    return f"  frozen {console.plural(last.layers, 'layer')} {word}{when}{place} ({last.covers}; {times})"


def _print_next(ending: Ending, screen: Console) -> None:
    folder = ending.folder
    if folder is None:
        return
    screen.print(f"  run    {folder}", markup=False)
    if INTERRUPTED in {end.reason for end in ending.view.ends.values()}:
        screen.print(f"next: netspec train --resume {folder}", style=console.QUIET, markup=False)
    elif ending.is_done:
        screen.print(f"next: netspec evaluate {folder}", style=console.QUIET, markup=False)


def _kind(ending: Ending, label: str) -> str:
    run = ending.view.run
    assert run is not None
    return dict(zip(run.optimizers, run.types, strict=True))[label]
