"""The bar that tells which kernels are being compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.cli import console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

BAR = 16
"""Columns of the bar, on every terminal."""


class CompilingBar:
    """Appears with the first kernel that is compiled, and leaves nothing behind; use as a context manager."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._bar: Progress | None = None

    def __enter__(self) -> CompilingBar:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, names: Sequence[str], done: int, count: int) -> None:
        """Names being compiled, kernels done, kernels in all."""
        if self._bar is None:
            self._bar = self._make_bar()
            self._bar.add_task("", total=count)
            self._bar.start()
        (task,) = self._bar.task_ids
        self._bar.update(task, completed=done, description=" · ".join(names) or "loading")

    def _make_bar(self) -> Progress:
        """The names take what the rest leaves of the line, and are cut when that is not enough."""
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        bar = BarColumn(bar_width=BAR, complete_style=console.OK, finished_style=console.OK)
        counter = TextColumn("{task.completed:.0f}/{task.total:.0f}")
        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        names = TextColumn("{task.description}", markup=False, table_column=rest)
        return Progress(
            "compiling once for this machine", bar, counter, names, console=self._screen, transient=True, expand=True
        )
