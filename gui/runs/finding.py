"""The runs in a folder: which there are, what each is called, which one a window should show."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gui import runner
from gui.runs.order import ORDER
from netspec.training.run_folder import LOCK, START
from netspec.weights.atomic import write_text

NO_NAME = "network"
"""What a spec without a name is called: that two of them have no name does not make them one."""
LABEL = "label.txt"
"""In a run folder: what people call it."""


def find_runs(folder: Path) -> list[Path]:
    """Run folders, the latest first; also those of trainers that never came to their first step."""
    return _latest_first(run for run in map(Path, folders_in(folder)) if is_run(run))


def folders_in(folder: Path | None) -> list[str]:
    """Paths of the folders there; none where there is no folder."""
    try:
        with os.scandir(folder) if folder is not None else nullcontext(()) as entries:
            return [entry.path for entry in entries if entry.is_dir()]
    except OSError:
        return []


def _latest_first(runs: Iterable[Path]) -> list[Path]:
    return sorted(runs, key=lambda run: (begun(run), run.name), reverse=True)


def is_run(folder: Path) -> bool:
    """Whether a run was begun, or ordered, there."""
    return (folder / "history.jsonl").is_file() or (folder / START / ORDER).is_file()


def begun(run: Path) -> float:
    """When it was ordered or begun, in seconds since 1970."""
    for file in (run / START / ORDER, run / LOCK, run / "history.jsonl"):
        with suppress(OSError):
            return file.stat().st_mtime
    return 0.0


def label_of(run: Path) -> str:
    """What a run is called: by people, else by its folder."""
    with suppress(OSError, UnicodeDecodeError):
        return (run / LABEL).read_text(encoding="utf-8").strip() or run.name
    return run.name


def names_apart(runs: Iterable[Path]) -> dict[Path, str]:
    """What each is called; those of one label also by their folders, as far as that is needed to tell them apart."""
    names = labels = {run: label_of(run) for run in runs}
    by_name = {run: f"{label} ({run.name})" for run, label in labels.items()}
    by_path = {run: f"{label} ({run})" for run, label in labels.items()}
    for longer in (by_name, by_path):
        often = Counter(names.values())
        names = {run: longer[run] if often[name] > 1 else name for run, name in names.items()}
    return names


def set_label(run: Path, label: str) -> None:
    """Call it so; empty: like its folder. Raises OSError."""
    if label.strip() and label.strip() != run.name:
        write_text(run / LABEL, label.strip() + "\n")
    else:
        (run / LABEL).unlink(missing_ok=True)


def latest_alive(folder: Path, identity: Identity) -> Path | None:
    """The latest run of this document that a process works on; None when there is none."""
    candidates = (Path(path) for path in folders_in(folder) if runner.may_be_alive(path))
    alive = _latest_first(run for run in candidates if is_run(run) and runner.is_alive(run))
    return next((run for run in alive if identity.owns(run)), None)


@dataclass(frozen=True)
class Identity:
    """What tells whether a run is one of a document's: its file, and what its spec is called ("" when it has no name)."""

    file: Path | None
    name: str

    def owns(self, run: Path) -> bool:
        """Whether the run was started from this file, or from a spec of this name."""
        files, name = _origin(run)
        return (self.file is not None and self.file.resolve() in files) or (bool(self.name) and self.name == name)


def name_of_spec(run: Path) -> str:
    """What the spec of a run is called; empty when it has no name of its own."""
    return _origin(run)[1]


def _origin(run: Path) -> tuple[set[Path], str]:
    """The files that a run was started from, and its spec's name."""
    order, lock, first = (_values(file) for file in (run / START / ORDER, run / LOCK, run / "history.jsonl"))
    files = {str(found) for found in (order.get("document"), order.get("spec_file"), lock.get("spec_file")) if found}
    name = str(first.get("name") or order.get("name") or "")
    return {Path(file).resolve() for file in files}, "" if name == NO_NAME else name


def _values(file: Path) -> dict[str, Any]:
    """The object in a file, or in the first line of a history; empty when there is none."""
    with suppress(OSError, ValueError), file.open(encoding="utf-8") as stream:
        found = json.loads(stream.readline() if file.suffix == ".jsonl" else stream.read())
        return found if isinstance(found, dict) else {}
    return {}
