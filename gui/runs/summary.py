"""A run in one line, from the beginning and the end of its history: long histories are not read for a list."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gui import runner
from gui.runs.best import best_lane, score_of_test
from gui.runs.finding import label_of
from gui.runs.history import History
from gui.runs.progress import Standing, standing
from gui.runs.tail import Line, parse
from netspec.training.closing import read_closing
from netspec.training.errors import TrainError

HEAD, END = 64 * 1024, 256 * 1024
"""Bytes that are read of a history at its beginning and at its end."""


@dataclass(frozen=True)
class Summary:
    """What the list shows. best: lane → its best value, with the monitor's name."""

    folder: Path
    label: str
    standing: Standing
    optimizers: tuple[str, ...] = ()
    epochs: str = ""
    steps: str = ""
    best: str = ""
    test: str = ""
    seconds: float | None = None
    started: str = ""
    warnings: tuple[str, ...] = field(default=())


def summarize(folder: Path) -> Summary:
    """The run in this folder."""
    history = History()
    history.add(_ends(folder / "history.jsonl"))
    alive = runner.is_alive(folder)
    stands = standing(
        history, runner.started_of(folder), is_alive=alive, has_folder=True, death=runner.how_it_ended(folder)
    )  # fmt: skip
    run = history.run
    if run is None:
        return Summary(folder, label_of(folder), stands)
    return Summary(
        folder=folder,
        label=label_of(folder),
        standing=stands,
        optimizers=tuple(run["optimizers"]),
        epochs=f"{history.epoch}/{run['epochs']}",
        steps=str(history.step),
        best=_best(history),
        test="" if alive else _test(folder, history),
        seconds=history.seconds,
        started=str(run["started"])[:16].replace("T", " "),
        warnings=tuple(history.warnings),
    )


def _ends(path: Path) -> list[Line]:
    """The lines of the beginning and of the end; what lies between them is left out."""
    with suppress(OSError), path.open("rb") as stream:
        head = stream.read(HEAD)
        size = path.stat().st_size
        if size <= HEAD:
            return parse(head[: head.rfind(b"\n") + 1])[0]
        head = head[: head.rfind(b"\n") + 1]
        stream.seek(max(size - END, len(head)))
        end = stream.read()
        if size - END > len(head):
            end = end[end.find(b"\n") + 1 :]
        return [*parse(head)[0], *parse(end[: end.rfind(b"\n") + 1])[0]]
    return []


def _best(history: History) -> str:
    """The best value of the best lane."""
    best = best_lane(history)
    if best is None:
        return ""
    name = best.monitor.removeprefix("val_").replace("_", " ")
    return f"{name} {best.value:.4g}" + (f" ({best.label})" if len(history.lanes) > 1 else "")


def _test(folder: Path, history: History) -> str:
    """What the test part says of the best lane."""
    try:
        return score_of_test(history, read_closing(folder))
    except TrainError:
        return "unreadable"


def configuration(folder: Path) -> dict[str, Any]:
    """What a run was made with: its complete spec, its order's seed and threads, versions; layers by name."""
    import tomllib

    found: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        found = tomllib.loads((folder / "spec.resolved.toml").read_text(encoding="utf-8"))
    for key in ("layers", "optimizers", "inputs"):
        if isinstance(found.get(key), list):
            found[key] = {str(item.get("name", item.get("type", n))): item for n, item in enumerate(found[key])}
    with suppress(OSError, ValueError):
        lock = json.loads((folder / "lock.json").read_text(encoding="utf-8"))
        kept = ("data_fingerprint", "threads", "options", "versions")
        found["lock"] = {key: lock[key] for key in kept if key in lock} | {"cpu": lock.get("machine", {}).get("cpu")}
    if isinstance(found.get("optimizer"), dict):  # one optimizer is written as [optimizer]
        found["optimizers"] = {str(found["optimizer"].get("type")): found.pop("optimizer")}
    return found
