"""The moving lines of a training run: a bar for the epoch, and in a race one line a lane in its optimizer's colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netspec.cli import console

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from netspec.training.events import Run, Step

SMOOTHING = 0.95
"""Share of the old value in the shown loss; single batches jump too much to be read."""


@dataclass
class LaneState:
    """What one lane shows."""

    colour: str
    loss: float | None = None
    validation: str = ""

    def see(self, loss: float) -> None:
        """Smooth the loss exponentially; NaN shows at once."""
        if self.loss is None or loss != loss:
            self.loss = loss
        else:
            self.loss = SMOOTHING * self.loss + (1 - SMOOTHING) * loss


class LiveBar:
    """A bar that repaints itself ten times a second, from the first step on; use as a context manager."""

    def __init__(self, screen: Console, run: Run, kinds: Mapping[str, str]) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn

        self._run = run
        self._lanes = {label: LaneState(console.optimizer_colour(kind)) for label, kind in kinds.items()}
        self._first: tuple[int, float] | None = None
        bar = BarColumn(bar_width=None, complete_style=console.OK, finished_style=console.OK)
        self._progress = Progress(
            TextColumn("{task.description}"), bar, TextColumn("{task.fields[numbers]}"), console=screen, expand=True
        )
        self._task = self._progress.add_task("", total=run.total_steps, numbers="")
        self._live = Live(console=screen, get_renderable=self._render, refresh_per_second=10, transient=True)

    def __enter__(self) -> LiveBar:
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def see_step(self, event: Step) -> None:
        """One update of one lane."""
        lane = self._lanes[event.optimizer]
        lane.see(event.loss)
        self._first = self._first or (event.step, event.seconds)
        parts = [f"{event.step}/{self._run.total_steps}"]
        if len(self._lanes) == 1:
            parts.append(f"loss {lane.loss:.4f}")
        self._progress.update(
            self._task,
            completed=event.step,
            description=f"epoch {event.epoch}/{self._run.epochs}",
            numbers="  ".join([*parts, *self._pace(event, *self._first)]),
        )

    def _pace(self, event: Step, first_step: int, first_seconds: float) -> list[str]:
        """Samples a second over all lanes, and the time that is left, validation included."""
        steps, elapsed = event.step - first_step, event.seconds - first_seconds
        if steps < 1 or elapsed <= 0:
            return []
        speed = steps * self._run.batch_size * len(self._lanes) / elapsed
        left = (self._run.total_steps - event.step) * elapsed / steps
        return [f"{console.count(round(speed))} samples/s", f"{console.duration(left)} left"]

    def see_validation(self, label: str, text: str) -> None:
        """The latest validation of a lane, as text."""
        self._lanes[label].validation = text

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        if self._first is None:
            return Text()
        if len(self._lanes) == 1:
            return self._progress
        width = max(map(len, self._lanes))
        lines = []
        for label, lane in self._lanes.items():
            loss = "" if lane.loss is None else f"loss {lane.loss:.4f}"
            lines.append(Text.assemble((f"  {label.ljust(width)}", lane.colour), f"  {loss}  {lane.validation}"))
        return Group(*lines, self._progress)
