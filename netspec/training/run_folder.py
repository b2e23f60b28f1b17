"""runs/NAME/: where a run keeps its spec, its history and its checkpoints.

spec.toml (or .json) as the user wrote it, extends/… with the files it extends as they were, spec.resolved.toml with all
of them and every default in one, lock.json, history.jsonl, history.csv,
checkpoints/{last,best}.safetensors (weights), checkpoints/last.state.safetensors (everything else for an exact resume),
evaluation.json at the end,
nan/… after a NaN, running.pid and control.jsonl while a process trains it, start/… when the desktop program started it,
insight/… when somebody looks inside, frozen-prefix-cache/… while training keeps features on disk.
With several optimizers the lane's name stands before the ending: last.adam.safetensors.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from netspec.rendering import render
from netspec.spec.model import Spec
from netspec.training.errors import TrainError
from netspec.weights import write_text

CLOSING = "evaluation.json"
"""The test part with the best weights, once a run has come to its end."""
STATE = "last.state.safetensors"
RESOLVED, LOCK = "spec.resolved.toml", "lock.json"
RUNNING = "running.pid"
"""Held while a process trains the run."""
CONTROL = "control.jsonl"
"""What people ask of the run while it is trained."""
START = "start"
"""Folder with what started the run, where that was the desktop program."""
INSIGHT = "insight"
"""Folder with what the trainer leaves for people who look inside."""
FEATURES = "frozen-prefix-cache"
"""Folder with what the frozen layers make of the samples, while the run is trained from it."""
BEFORE = (RUNNING, CONTROL, START, INSIGHT)
"""What may lie in the folder of a run that has not begun."""


class RunFolder:
    """Paths in a run folder, and the files that are written once."""

    def __init__(self, path: Path, labels: Sequence[str]) -> None:
        self.path = path
        self._suffixes = _suffixes(labels)

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def state(self) -> Path:
        """The state from which the run goes on."""
        return self.checkpoints / STATE

    @property
    def running(self) -> Path:
        """The file that the process holds which trains the run."""
        return self.path / RUNNING

    def weights(self, kind: str, label: str) -> Path:
        """last.safetensors, best.adam.safetensors, step-000500.safetensors, …"""
        return self.checkpoints / f"{kind}{self._suffixes[label]}.safetensors"

    def suffix(self, label: str) -> str:
        """What tells a lane's files apart from the others': "" when it is the only one."""
        return self._suffixes[label]

    def bundle(self, step: int, label: str) -> Path:
        """Folder for what is needed to replay a step that gave NaN."""
        return self.path / "nan" / f"step-{step:06d}{self._suffixes[label]}"

    def relative(self, path: Path) -> str:
        """Seen from the run folder, with forward slashes."""
        return path.relative_to(self.path).as_posix()

    def create(self, spec: Spec, lock: dict[str, Any]) -> None:
        """Make the folder with the spec and lock.json. Raises TrainError when there is anything in it."""
        refuse_taken(self.path)
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        _copy_spec(spec, self.path)
        write_text(self.path / RESOLVED, render(spec))
        self._write_lock(lock)

    def renew(self, spec: Spec, lock: dict[str, Any], step: int) -> None:
        """Before a resumed run goes on from `step`: describe what is trained from here on, and keep what was before.

        A spec that has changed goes into spec.resolved.toml, the one before into spec.resolved.1.toml (2, …). lock.json
        lists under "before" what each earlier part of the run was made with, as far as it differs from the next one.
        """
        (self.path / CLOSING).unlink(missing_ok=True)  # the weights will be others
        old = self._read_lock()
        lock = {**lock, **{key: old[key] for key in ("spec_file", "extends", "base_dir") if key in old}}
        entry = {key: value for key, value in old.items() if key != "before" and lock.get(key) != value}
        if not entry:
            return
        resolved = render(spec)
        if (before := self.path / RESOLVED).is_file() and before.read_text(encoding="utf-8") != resolved:
            entry["spec"] = self._unused("spec.resolved.{}.toml")
            before.replace(self.path / entry["spec"])
            write_text(before, resolved)
        self._write_lock({**lock, "before": [*old.get("before", ()), {"until_step": step, **entry}]})

    def _unused(self, pattern: str) -> str:
        """The pattern with the first number whose file does not exist."""
        return next(name for number in count(1) if not (self.path / (name := pattern.format(number))).exists())

    def _read_lock(self) -> dict[str, Any]:
        file = self.path / LOCK
        content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return content if isinstance(content, dict) else {}

    def _write_lock(self, lock: dict[str, Any]) -> None:
        write_text(self.path / LOCK, json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


def refuse_taken(path: Path) -> None:
    """Raise TrainError when a new run would write over a run, or over files that may be anybody's."""
    if (path / "history.jsonl").exists():
        hint = f"give another --output, or go on with it: netspec train --resume {path}"
        raise TrainError(f"{path}: this folder already holds a run", hint)
    if path.exists() and not path.is_dir():
        raise TrainError(f"{path}: this is a file, not a folder", "give another --output")
    if path.is_dir() and (found := next((entry for entry in path.iterdir() if entry.name not in BEFORE), None)):
        raise TrainError(f"{path}: this folder is not empty (it holds {found.name})", "give another --output")


def new_run_path(name: str, runs: Path = Path("runs")) -> Path:
    """runs/<name>-<n> with the first n, from 1, after those of the runs, and of the specs beside them, that exist."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    pattern = re.compile(rf"{re.escape(stem)}-(\d+)(\.toml)?")
    taken = [pattern.fullmatch(entry.name) for entry in runs.glob(f"{glob_escape(stem)}-*")]
    highest = max((int(match[1]) for match in taken if match), default=0)
    return runs / f"{stem}-{highest + 1}"


def glob_escape(text: str) -> str:
    """`text` as a pattern that matches itself alone."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def _copy_spec(spec: Spec, folder: Path) -> None:
    """The user's own text, comments and all, and those it extends; without a file the resolved spec must do."""
    source = Path(spec.origin.file) if spec.origin.file is not None else None
    if source is None or not source.is_file():
        write_text(folder / "spec.toml", render(spec))
        return
    shutil.copyfile(source, folder / f"spec{source.suffix.lower()}")
    for base, name in base_copies(spec.origin.bases).items():
        if Path(base).is_file():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(base, folder / name)


def base_copies(bases: Sequence[str]) -> dict[str, str]:
    """File that a spec extends → its copy's name in the run folder; of files of one name the later get numbers."""
    names: dict[str, str] = {}
    for base in map(Path, bases):
        taken = {used.lower() for used in names.values()}
        candidates = (f"extends/{base.stem}{f'.{n}' if n > 1 else ''}{base.suffix}" for n in count(1))
        names[str(base)] = next(name for name in candidates if name.lower() not in taken)
    return names


def _suffixes(labels: Sequence[str]) -> dict[str, str]:
    """Label → what tells its files apart; names that files cannot have are rewritten, and stay distinct."""
    if len(labels) == 1:
        return {labels[0]: ""}
    found: dict[str, str] = {}
    for label in labels:
        stem = "." + (re.sub(r"[^A-Za-z0-9_-]+", "_", label) or "_")
        suffix, number = stem, 2
        while suffix.lower() in {used.lower() for used in found.values()}:
            suffix, number = f"{stem}_{number}", number + 1
        found[label] = suffix
    return found
