"""Every point of every curve as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import IO

from gui.runs.history import History, Lane
from gui.runs.points import Points

HEAD = ("run", "optimizer", "curve", "step", "value")


def write_points(runs: Iterable[tuple[str, History]], stream: IO[str]) -> int:
    """One line a point, as it was measured (nothing thinned out or smoothed); returns how many points.

    runs: names, no two of them equal, and histories.
    """
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(HEAD)
    written = 0
    for run, history in runs:
        for lane in history.lanes.values():
            for name, points in curves(lane):
                rows = zip(points.x.astype(int).tolist(), points.y.tolist(), strict=True)
                table.writerows((run, lane.label, name, step, repr(value)) for step, value in rows)
                written += len(points)
    return written


def curves(lane: Lane) -> Iterator[tuple[str, Points]]:
    """All measured curves of a lane, by the names of the history."""
    yield "loss", lane.loss
    yield "lr", lane.lr
    yield "val_loss", lane.validation
    for name, points in lane.metrics.items():
        yield f"val_{name}", points
    yield from lane.training.items()
