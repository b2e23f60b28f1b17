"""netspec's epochs of a network with a frozen trunk: whole runs of `netspec.train`, with metrics, schedule and history."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netspec
from benchmarks.batch import noise_of_every_class
from benchmarks.contest import LR, OURS, Team, Timer
from benchmarks.data_share import epoch_times
from benchmarks.frozen_contest import CACHED, FROZEN, FULL, EpochContest
from netspec.memory import to_stored
from netspec.spec.model import Spec

EPOCHS = 1_000_000
"""More than are asked for."""


def team(contest: EpochContest) -> Team:
    """Three runs, each an epoch at a time."""
    found = Team()
    spec = Spec.model_validate(contest.table)
    pictures, _ = noise_of_every_class(spec, contest.samples)
    lane = netspec.compile(spec, batch_size=contest.batch, threads=contest.threads).lanes[0]
    lane.evaluate(to_stored(pictures[: contest.batch], "float32"))
    found.logits[OURS] = next(iter(lane.all_outputs().values()))
    for name, cache in ((FULL, None), (FROZEN, "off"), (CACHED, "memory")):
        found.enter(f"{OURS}, {name}", lambda name=name, cache=cache: _timer(contest, name, cache))  # type: ignore[misc]
    return found


def _timer(contest: EpochContest, name: str, cache: str | None) -> Timer:
    """Seconds of epochs from the second on. cache: None lets everything learn."""
    transfer = None if cache is None else {**contest.table["transfer"], "cache": cache}
    optimizer = {"type": "momentum", "lr": LR, "momentum": 0.9}
    train = {**contest.table["train"], "epochs": EPOCHS, "batch_size": contest.batch, "validation_split": 0.0}
    table: dict[str, Any] = {
        **contest.table, "optimizers": [optimizer], "transfer": transfer, "train": train, "schedule": None,
        "checkpoint": {"save_best": False}, "early_stopping": None, "data": None,
    }  # fmt: skip
    spec = Spec.model_validate(table)
    run = Path(contest.folder) / name.replace(" ", "-")
    times = epoch_times(iter(netspec.train(spec, noise_of_every_class(spec, contest.samples), run, threads=contest.threads)))
    next(times)  # in which the features are computed
    return _calling(times)


def _calling(times: Iterator[tuple[float, int]]) -> Timer:
    return lambda repeats: sum(next(times)[0] for _ in range(repeats))
