"""The ranking of a race, and the picture of its curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netspec.cli import console
from netspec.look import title
from netspec.metrics.monitor import say
from netspec.training.curves import write_curves
from netspec.training.history import read_history
from netspec.training.ranking import Place, as_rows, ranking

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from netspec.cli.ending import Ending


def ranking_document(ending: Ending) -> dict[str, Any]:
    """Places, and where the pictures are."""
    if ending.folder is None:
        return {}
    pictures = write_curves(read_history(ending.folder), ending.folder)
    return {"ranking": as_rows(_places(ending.folder)), "pictures": [str(path) for path in pictures]}


def show_ranking(ending: Ending, screen: Console) -> None:
    """The ranking as a table in the optimizers' colours, then the pictures."""
    if ending.folder is None:
        return
    places = _places(ending.folder)
    metric = next((place.metric for place in places if place.metric is not None), None)
    columns = ["", "optimizer", "lr", "best loss", "behind", *([f"best {title(metric)}"] if metric else [])]
    tests = _test_scores(ending, metric)
    columns += [f"test {title(metric or 'loss')}"] if tests else []
    table = console.plain_table(*columns, right=("", *columns[2:]))
    for place in places:
        table.add_row(*_cells(ending, place, metric), *([tests.get(place.optimizer, "")] if tests else []))
    console.print_table(table)
    screen.print(f"losses of the {places[0].part} part\n", style=console.QUIET)
    for path in write_curves(read_history(ending.folder), ending.folder):
        screen.print(f"  curves {path}", markup=False)


def _places(folder: Path) -> Sequence[Place]:
    return ranking(read_history(folder))


def _cells(ending: Ending, place: Place, metric: str | None) -> list[str]:
    optimizer = next(lane for lane in ending.program.lanes if lane.label == place.optimizer).optimizer
    assert optimizer is not None
    name = f"[{console.optimizer_colour(optimizer.type_name())}]{place.optimizer}[/]"
    score = [] if metric is None else ["–" if place.best_metric is None else say(metric, place.best_metric)]
    return [str(place.rank), name, f"{optimizer.lr:g}", _loss(place.best_loss), _loss(place.gap), *score]


def _test_scores(ending: Ending, metric: str | None) -> dict[str, str]:
    """Lane → its score on the test part, with its best weights."""
    found = {}
    for label, test in ending.test.items():
        value = test.loss if metric is None else test.metrics.get(metric)
        if value is not None:
            found[label] = say(metric or "loss", value)
    return found


def _loss(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "–"
