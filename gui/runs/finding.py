"""The runs in a folder: which there are, what each is called, which one a window should show."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path

from gui import runner
from gui.runs.order import ORDER
from netspec.training.run_folder import LOCK, START
from netspec.weights.atomic import write_text

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


def latest_alive(folder: Path, spec_file: Path | None) -> Path | None:
    """The latest run that a process works on, of this spec if there is one; None when nothing is being trained."""
    candidates = (Path(path) for path in folders_in(folder) if runner.may_be_alive(path))
    alive = _latest_first(run for run in candidates if is_run(run) and runner.is_alive(run))
    own = [run for run in alive if spec_file is not None and spec_file.resolve() in _spec_files(run)]
    return next(iter(own or alive), None)


def _spec_files(run: Path) -> set[Path]:
    """The spec file that a run was started from."""
    found = set()
    for file, key in ((run / START / ORDER, "spec_file"), (run / LOCK, "spec_file")):
        with suppress(OSError, ValueError):
            values = json.loads(file.read_text(encoding="utf-8"))
            if values.get(key):
                found.add(Path(values[key]).resolve())
    return found
