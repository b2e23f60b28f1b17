"""The moving lines of a training run: a bar for the epoch, and in a race one line a lane in its optimizer's colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netspec.cli import console

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from netspec.train.events import Run, Step

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
    """A bar that repaints itself ten times a second; use as a context manager."""

    def __init__(self, screen: Console, run: Run, kinds: Mapping[str, str]) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._run = run
        self._lanes = {label: LaneState(console.optimizer_colour(kind)) for label, kind in kinds.items()}
        self._first: tuple[int, float] | None = None
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None, style="bar.back", complete_style=console.OK, finished_style=console.OK),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=screen,
            expand=True,
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
        first = self._first = self._first or (event.step, event.seconds)
        elapsed = event.seconds - first[1]
        speed = (event.step - first[0]) * self._run.batch_size * len(self._lanes) / elapsed if elapsed > 0 else 0.0
        parts = [f"step {console.count(event.step)}"]
        if len(self._lanes) == 1:
            parts += [f"loss {event.loss if lane.loss is None else lane.loss:.4f}", lane.validation]
        if speed:
            parts.append(f"{console.count(round(speed))} samples/s")
        self._progress.update(
            self._task,
            completed=event.step,
            description=f"epoch {event.epoch}/{self._run.epochs}",
            numbers="  ".join(part for part in parts if part),
        )

    def see_validation(self, label: str, text: str) -> None:
        """The latest validation of a lane, as text."""
        self._lanes[label].validation = text

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        if len(self._lanes) == 1:
            return self._progress
        width = max(map(len, self._lanes))
        lines = []
        for label, lane in self._lanes.items():
            loss = "" if lane.loss is None else f"loss {lane.loss:.4f}"
            lines.append(Text.assemble((f"  {label.ljust(width)}", lane.colour), f"  {loss}  {lane.validation}"))
        return Group(*lines, self._progress)
