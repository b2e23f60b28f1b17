"""What a window asks the trainer to do, as a file in the run folder: start/order.json, with the text beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from gui.runs.progress import Started
from netspec.problems import SpecError
from netspec.spec.source import Source, read_source
from netspec.training.run_folder import START, new_run_path

ORDER, STATUS, LOG, TRAINER = "order.json", "status.json", "trainer.log", "trainer.pid"
"""Files in start/: the order, how far the trainer is, what it printed, and what it holds while it lives."""


@dataclass(frozen=True)
class Order:
    """A run to be started. spec_file: the document's file when that holds the text, else the text's copy in start/.

    extends_folder: where the files that the spec extends are. folder: where its other relative paths start. optimizers: labels
    of the spec's optimizers, or types; empty: those of the spec. overrides: like --set. paused: wait before the first
    step. resume: go on with the run in this folder, by its own spec (spec_file, folders and optimizers are not looked at).
    document, name: the document's file, if it has one, and what its spec is called: whose run this is.
    """

    spec_file: str = ""
    extends_folder: str = "."
    folder: str = "."
    format: Literal["toml", "json"] = "toml"
    optimizers: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    seed: int | None = None
    threads: int | None = None
    weights: str | None = None
    paused: bool = False
    resume: bool = False
    document: str = ""
    name: str = ""


def read_order(run: Path) -> Order:
    """What `write_order` wrote."""
    values = json.loads((run / START / ORDER).read_text(encoding="utf-8"))
    lists = {key: tuple(values[key]) for key in ("optimizers", "overrides")}
    return Order(**{**values, **lists})


def write_order(run: Path, order: Order) -> None:
    """Into the run's folder, which exists."""
    (run / START).mkdir(exist_ok=True)
    text = json.dumps(asdict(order), indent=2, ensure_ascii=False) + "\n"
    (run / START / ORDER).write_text(text, encoding="utf-8", newline="\n")


def spec_file_for(run: Path, source: Source, path: Path | None) -> str:
    """`path` when it holds the text of `source`; otherwise the text is written into start/, and that file's name."""
    if path is not None and _holds(path, source.text):
        return str(path)
    copy = run / START / f"spec.{source.format}"
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(source.text, encoding="utf-8", newline="")
    return str(copy)


def _holds(path: Path, text: str) -> bool:
    try:
        return read_source(path).text == text
    except SpecError:
        return False


def make_run_folder(name: str, runs: Path) -> Path:
    """A new folder runs/NAME-N, made at once so that nobody else can take it."""
    runs.mkdir(parents=True, exist_ok=True)
    while True:
        folder = new_run_path(name, runs)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


def read_started(run: Path) -> Started:
    """How far the trainer is; empty when it has not said so, or when no window has started the run."""
    try:
        values = json.loads((run / START / STATUS).read_text(encoding="utf-8"))
        return Started(**values)
    except (OSError, ValueError, TypeError):
        return Started()


def write_started(run: Path, started: Started) -> None:
    """In one piece, but not to the disk at once: it is news, not a result."""
    path = run / START / STATUS
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(started), ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)
