"""The last lines of a fine-tuning: what the head alone reached, what fine-tuning added, and how to use the network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.cli.ending import Ending, print_ending
from netspec.cli.options import Format
from netspec.look import title
from netspec.metrics.monitor import say

if TYPE_CHECKING:
    from rich.console import Console

    from netspec.finetuning import StageRow
    from netspec.spec.model import Spec


@dataclass(frozen=True)
class FinetuneEnding:
    """What `run_job` is to print when the run is over."""

    spec: Spec
    file: Path
    """The spec beside the run folder."""

    def show(self, ending: Ending, screen: Console) -> None:
        """As JSON on stdout, or as text."""
        from netspec.finetuning import stage_rows

        rows = stage_rows(self.spec, ending.folder) if ending.folder is not None else []
        if ending.job.format is Format.JSON:
            console.print_json(ending.as_json() | self._document(ending, rows))
            return
        print_ending(ending, screen)
        if ending.folder is None:
            return
        if rows:
            screen.print()
            console.print_table(_table(rows))
            screen.print(verdict(rows), markup=False, soft_wrap=True)
        screen.print(f"  spec   {self.file}", markup=False)
        screen.print(f"         netspec predict {ending.folder} PICTURE.jpg", style=console.QUIET, markup=False)

    def _document(self, ending: Ending, rows: list[StageRow]) -> dict[str, Any]:
        spec = str(self.file) if ending.folder is not None else None
        return {"spec": spec, "stages": [asdict(row) for row in rows]}


def verdict(rows: list[StageRow]) -> str:
    """Which weights are kept, and whether fine-tuning was worth it."""
    best = min(rows, key=lambda row: row.loss)
    if len(rows) == 1:
        return f"kept: the weights after epoch {best.best_epoch}"
    if best is rows[0]:
        return (
            f"kept: the weights after epoch {best.best_epoch}, of {best.learns}. Fine-tuning made the validation loss no "
            "smaller: use more pictures or smaller rates, or --epochs 0"
        )
    return f"kept: the weights after epoch {best.best_epoch}, validation loss {rows[0].loss:.4f} → {best.loss:.4f}"


def _table(rows: list[StageRow]) -> Any:
    metrics = list(rows[0].metrics)
    names = [title(f"val_{name}") for name in metrics]
    table = console.plain_table("learns", "epochs", "best", "val loss", *names, "time")
    for row in rows:
        values = [say(name, row.metrics[name]) for name in metrics]
        table.add_row(
            row.learns, f"{row.first_epoch}–{row.last_epoch}", str(row.best_epoch), f"{row.loss:.4f}", *values,
            console.duration(row.seconds),
        )  # fmt: skip
    return table
