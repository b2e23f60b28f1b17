"""The last lines of a fine-tuning: what the head alone reached, what fine-tuning added, and how to use the network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.cli.ending import Ending, print_ending
from netspec.cli.options import Format
from netspec.cli.stage_view import epoch_span
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
            _print_rows(rows, screen)
        screen.print(f"  spec   {self.file}", markup=False)
        if ending.is_done:
            screen.print(f"next: netspec predict {ending.folder} PICTURE.jpg", style=console.QUIET, markup=False)

    def _document(self, ending: Ending, rows: list[StageRow]) -> dict[str, Any]:
        spec = str(self.file) if ending.folder is not None else None
        return {"spec": spec, "stages": [asdict(row) for row in rows]}


def print_with_stages(ending: Ending, screen: Console) -> None:
    """How `netspec train` ends with a spec that has stages, such as one of `finetune`."""
    from netspec.finetuning import stage_rows

    print_ending(ending, screen)
    if ending.job.format is Format.JSON or ending.folder is None or len(ending.view.ends) > 1:
        return
    rows = stage_rows(ending.spec, ending.folder)
    if len(rows) > 1:
        _print_rows(rows, screen)


def _print_rows(rows: list[StageRow], screen: Console) -> None:
    screen.print()
    console.print_table(_table(rows))
    screen.print(verdict(rows), markup=False)
    screen.print("chosen by and measured on the validation samples: others may come out worse", style=console.QUIET)


def verdict(rows: list[StageRow]) -> str:
    """Which weights are kept, and whether fine-tuning was worth it."""
    best = min(rows, key=lambda row: row.loss)
    if len(rows) == 1:
        return f"kept: the weights after epoch {best.best_epoch}"
    if best is rows[0]:
        return (
            f"kept: the weights after epoch {best.best_epoch}, of {best.learns}. Fine-tuning made the validation loss no "
            "smaller: use more samples or smaller rates, or train the head alone (`netspec finetune` with --epochs 0)"
        )
    return f"kept: the weights after epoch {best.best_epoch}, validation loss {rows[0].loss:.4f} → {best.loss:.4f}"


def _table(rows: list[StageRow]) -> Any:
    metrics = list(rows[0].metrics)
    names = [title(f"val_{name}") for name in metrics]
    table = console.plain_table("learns", "epochs", "best epoch", "val loss", *names, "time")
    for row in rows:
        values = [say(name, row.metrics[name]) for name in metrics]
        table.add_row(
            row.learns, epoch_span(row.first_epoch, row.last_epoch), str(row.best_epoch), f"{row.loss:.4f}", *values,
            console.duration(row.seconds),
        )  # fmt: skip
    return table
