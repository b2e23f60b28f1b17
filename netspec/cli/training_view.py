"""What a training run shows: its beginning, a line an epoch, a moving bar on a terminal, and its end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netspec import look
from netspec.cli import console
from netspec.cli.epoch_table import EpochTable, Line, numbers
from netspec.cli.live import LiveBar
from netspec.cli.load_table import print_load
from netspec.cli.stage_view import stage_begins
from netspec.look import title
from netspec.metrics.monitor import say
from netspec.training.events import Checkpoint as Saved
from netspec.training.events import End, Epoch, Event, FeatureCache, FrozenProof, Run, Stage, Step, Validation, Warned

if TYPE_CHECKING:
    from rich.console import Console


class TrainingView:
    """Prints events as they come; use as a context manager, so that the bar is taken away whatever happens."""

    def __init__(self, screen: Console, *, quiet: bool, verbose: bool) -> None:
        self._screen, self._quiet, self._verbose = screen, quiet, verbose
        self.run: Run | None = None
        self.ends: dict[str, End] = {}
        self.proofs: dict[str, list[FrozenProof]] = {}
        self.last: dict[str, dict[str, float]] = {}
        """Lane → what its latest epoch measured."""
        self.tells_saving = False
        """Whether the next saved state is told, as the user has asked for it."""
        self._stage: tuple[int, int] | None = None
        """Number and step of the stage that was told."""
        self._lines: dict[str, Line] = {}
        self._bar: LiveBar | None = None
        self._table: EpochTable | None = None

    def __enter__(self) -> TrainingView:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop_bar()

    def see(self, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, Step):
            if self._bar is not None:
                self._bar.see_step(event)
        elif isinstance(event, Run):
            self._begin(event)
        elif isinstance(event, Validation):
            self._see_validation(event)
        elif isinstance(event, Epoch):
            self._end_epoch(event)
        elif isinstance(event, FrozenProof):
            self.proofs.setdefault(event.optimizer, []).append(event)
        elif isinstance(event, Stage):
            self._see_stage(event)
        elif isinstance(event, FeatureCache):
            self._say(event.message, style=console.QUIET)
        elif isinstance(event, Saved):
            self._see_saved(event)
        elif isinstance(event, Warned):
            _warn(event.message)
        elif isinstance(event, End):
            self.ends[event.optimizer] = event

    def _see_stage(self, event: Stage) -> None:
        """Once: all lanes of a race have the same stages."""
        if (event.number, event.step) != self._stage:
            self._stage = (event.number, event.step)
            self._say(stage_begins(event), style=look.FROZEN_COLOUR)

    def _see_saved(self, event: Saved) -> None:
        if self._verbose:
            self._say(f"saved {event.path}", style=console.QUIET)
        if self.tells_saving and event.kind == "last":
            self._say(f"checkpoint saved at step {event.step}")
            self.tells_saving = False

    def _begin(self, run: Run) -> None:
        self.run, self.ends = run, {}
        kinds = dict(zip(run.optimizers, run.types, strict=True))
        for note in run.notes:
            self._say(note, style=console.QUIET)
        if self._verbose and run.load is not None:
            print_load(run.load, self._screen, full=True)
        for warning in run.warnings:
            _warn(warning)
        self._say(self._headline(run), style="bold")
        self._table = EpochTable(run.epochs, kinds, self._screen.width)
        if self._screen.is_terminal and not self._quiet and run.total_steps > run.step:
            self._bar = LiveBar(self._screen, run, kinds)
            self._bar.__enter__()

    @staticmethod
    def _headline(run: Run) -> str:
        frozen = f", {console.count(run.frozen_parameters)} of them frozen" if run.frozen_parameters else ""
        if run.folder is None:  # a dry run
            size = f"{console.plural(run.parameters, 'parameter')}{frozen}"
            return f"dry run of {run.name}: {size}; one step of {run.batch_size} samples"
        if run.resumed and run.step >= run.total_steps:
            return f"{run.name} is done already, after {console.plural(run.step, 'step')}: nothing is left to train"
        verb = f"going on with {run.name} at step {console.count(run.step)}" if run.resumed else f"training {run.name}"
        steps = f"{console.plural(run.epochs, 'epoch')} of {console.plural(run.steps_per_epoch, 'step')}"
        return f"{verb}: {console.plural(run.parameters, 'parameter')}{frozen}; {steps} of {run.batch_size} samples"

    def _see_validation(self, event: Validation) -> None:
        if event.step == 0:
            self._say_first_look(event)
            return
        line = self._line(event.optimizer, event.epoch)
        line.add_validation(event)
        if self._bar is not None:
            shown = [f"{title(name)} {say(name, value)}" for name, value in line.values.items() if name != "val_loss"]
            self._bar.see_validation(event.optimizer, "  ".join(shown[:1]))

    def _say_first_look(self, event: Validation) -> None:
        """Once: all lanes of a race start from the same bits."""
        assert self.run is not None
        if event.loss is None or event.optimizer != self.run.optimizers[0]:
            return
        undecided = ""
        if event.expected_loss is not None:
            classes = len(self.run.classes or ())
            is_log = classes > 0 and math.isclose(event.expected_loss, math.log(classes))
            name = f"ln {classes} = " if is_log else ""
            undecided = f" (undecided: {name}{event.expected_loss:.3f})"
        self._say(f"loss before training {event.loss:.3f}{undecided}\n")

    def _end_epoch(self, event: Epoch) -> None:
        line = self._line(event.optimizer, event.epoch)
        validation, line.values = line.values, {}
        line.add_epoch(event)
        line.values |= validation
        self.last[event.optimizer] = line.values
        assert self._table is not None
        if not self._quiet and not self._is_dry:
            head = self._table.head(line)
            if head is not None:
                self._screen.print(head)
            self._screen.print(self._table.row(event.optimizer, line))
        del self._lines[event.optimizer]

    @property
    def _is_dry(self) -> bool:
        """Whether nothing is written: what one step measures is shown as no result."""
        return self.run is not None and self.run.folder is None

    def _line(self, label: str, epoch: int) -> Line:
        return self._lines.setdefault(label, Line(epoch))

    def _say(self, text: str, style: str = "") -> None:
        if not self._quiet:
            self._screen.print(text, style=style, markup=False)

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.__exit__()
            self._bar = None


def _warn(text: str) -> None:
    console.stderr().print(f"warning: {text}", style=console.WARNING, markup=False)


def last_values(metrics: dict[str, float]) -> str:
    """ "val accuracy 98.00 %, val loss 0.0512"."""
    return ", ".join(f"{title(name)} {say(name, value)}" for name, value in numbers(metrics).items())
