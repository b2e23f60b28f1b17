"""Every point of every curve as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import IO

from gui.runs.history import History, Lane
from gui.runs.points import Points

HEAD = ("run", "optimizer", "curve", "step", "value")


def write_points(runs: Mapping[str, History], stream: IO[str]) -> int:
    """One line a point, as it was measured (nothing thinned out or smoothed); returns how many points."""
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(HEAD)
    written = 0
    for run, history in runs.items():
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
