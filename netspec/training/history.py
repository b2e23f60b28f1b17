"""history.jsonl and history.csv: every event at once on its way to the disk, and back."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from netspec.training.errors import TrainError
from netspec.training.events import Event, Step, Validation, event_from_json

CSV_COLUMNS = ("event", "part", "optimizer", "step", "epoch", "loss", "lr", "seconds")
"""part: of a validation, whether it looked at the validation part or, before step 0 of a run without one, at the training
part; empty for steps, which are taken on batches of the training part."""
_IN_CSV = (Step, Validation)
PATIENCE = 0.05
"""Seconds that a step's row of the csv may wait for company: handing each over alone takes time from the training."""
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode


class History:
    """Appends events to both files of a run folder.

    Each line of history.jsonl is handed to the system before the next step starts; rows of the csv with the next one that
    comes PATIENCE later, or with the next other event.
    """

    def __init__(self, folder: Path, metrics: list[str], start: tuple[int, int] | None = None) -> None:
        """metrics: columns of the csv behind the fixed ones. start: sizes to cut the files to before going on.

        A csv that goes on keeps the columns that it has.
        """
        self._paths = folder / "history.jsonl", folder / "history.csv"
        if start is not None:
            self._cut(start)
            metrics = _columns_of(self._paths[1])[len(CSV_COLUMNS) :]
        self._lines, self._table = (path.open("a", encoding="utf-8", newline="\n") for path in self._paths)
        self._columns = [*CSV_COLUMNS, *metrics]
        self._no_metrics = "," * len(metrics) + "\n"
        self._flushed = time.perf_counter()
        if start is None:
            self._table.write(_csv_line(self._columns))
            self._table.flush()

    def _cut(self, sizes: tuple[int, int]) -> None:
        """Forget what happened after the checkpoint: the resumed run does it again."""
        for path, size in zip(self._paths, sizes, strict=True):
            found = path.stat().st_size if path.exists() else 0
            if found < size:
                raise TrainError(
                    f"{path}: {found} bytes, but {size} were written before the checkpoint",
                    "put the whole file back, or resume from another run folder",
                )
            os.truncate(path, size)

    def write(self, event: Event) -> None:
        """Append one event; steps and validations to the csv, too."""
        if type(event) is Step and (texts := _step_texts(event)) is not None:
            line, row = texts
            self._lines.write(line)
            self._lines.flush()
            self._table.write(row + self._no_metrics)
            if time.perf_counter() - self._flushed > PATIENCE:
                self.flush()
            return
        values = event.to_json()
        row = _csv_line([_cell(values.get(column)) for column in self._columns]) if isinstance(event, _IN_CSV) else ""
        self._lines.write(_encode(values) + "\n")
        self._table.write(row)
        self.flush()

    def flush(self) -> None:
        """Hand over what waits."""
        self._lines.flush()
        self._table.flush()
        self._flushed = time.perf_counter()

    def sizes(self) -> tuple[int, int]:
        """Bytes of both files, brought to the disk: where a resumed run cuts them."""
        self.flush()
        for stream in (self._lines, self._table):
            os.fsync(stream.fileno())
        return self._size(self._lines), self._size(self._table)

    @staticmethod
    def _size(stream: IO[str]) -> int:
        return os.fstat(stream.fileno()).st_size

    def close(self) -> None:
        """Close both files."""
        self._lines.close()
        self._table.close()


def read_history(path: str | Path) -> Iterator[Event]:
    """The events of a run folder or of its history.jsonl. A last line that is still being written is left out.

    Raises TrainError for any other line that is no event.
    """
    path = Path(path)
    file = path / "history.jsonl" if path.is_dir() else path
    with file.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith("\n"):
                return
            try:
                yield event_from_json(json.loads(line))
            except ValueError as error:
                hint = "remove that line, or fetch the file again"
                raise TrainError(f"{file}:{number}: not an event of netspec ({error})", hint) from error


def _columns_of(table: Path) -> list[str]:
    with table.open(encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream))


def _step_texts(event: Step) -> tuple[str, str] | None:
    """A step's line, and its row up to the metrics, as the general way writes them but in a tenth of the time.

    A step of a small network takes a millisecond. None for what needs care: NaN, infinity, a label to be quoted.
    """
    label = event.optimizer
    if not (label.isidentifier() and label.isascii() and math.isfinite(event.loss + event.lr + event.seconds)):
        return None
    loss, lr, seconds = (float.__repr__(value) for value in (event.loss, event.lr, event.seconds))
    where, step, epoch = f'"event": "step", "optimizer": "{label}"', event.step, event.epoch
    line = f'"step": {step}, "epoch": {epoch}, "seconds": {seconds}, "loss": {loss}, "lr": {lr}, "samples": {event.samples}'
    return f"{{{where}, {line}}}\n", f"step,,{label},{step},{epoch},{loss},{lr},{seconds}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return json.dumps(value)
    return "" if value is None else str(value)


def _csv_line(cells: list[str]) -> str:
    text = ",".join(cells)
    if not {'"', "\n", "\r"} & set(text) and text.count(",") == len(cells) - 1:
        return text + "\n"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
