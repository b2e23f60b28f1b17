"""`netspec evaluate`: loss and metrics of a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from netspec.cli import console
from netspec.cli.errors import CliError
from netspec.cli.options import (
    AsFormat,
    Format,
    LaneName,
    Overrides,
    PartChoice,
    Quiet,
    SpecOrRun,
    Threads,
    Verbose,
    Weights,
)

if TYPE_CHECKING:
    from netspec.datasets.base import Part
    from netspec.datasets.load import Data
    from netspec.inside.network import Network
    from netspec.training.evaluate import Evaluation

EXAMPLE = """
netspec evaluate runs/digits-1
netspec evaluate lenet_caffe --weights lenet.npz --set data.root=mnist
"""
WIDEST_CONFUSION = 16
"""Classes; larger matrices are left to --format json."""


def evaluate(
    spec: SpecOrRun,
    weights: Weights = None,
    part: Annotated[
        PartChoice | None, typer.Option("--part", help="Part of the data; default: test, else validation.")
    ] = None,
    optimizer: LaneName = None,
    overrides: Overrides = None,
    threads: Threads = None,
    changed_data: Annotated[
        bool,
        typer.Option("--changed-data", metavar="", help="Evaluate even if the data are not those of the training."),
    ] = False,
    format: AsFormat = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compute loss and metrics of a trained network on a part of its data.

    A run gives its best weights. Inputs are normalized as they were in training. Data that have changed since then are
    refused: split anew, they may have samples in the test part that were trained on.
    """
    from netspec.cli.load_table import load_of, tell_load
    from netspec.cli.same_data import same_data
    from netspec.cli.trained import folder_of, load_network, tell_nan
    from netspec.training.inputs import data_for

    network = load_network(spec, weights, overrides, optimizer=optimizer, threads=threads)
    data = data_for(network.spec, None)
    name = _choose_part(data, part)
    is_same = same_data(folder_of(network), network.spec, data, may_differ=changed_data)
    tell_nan(network)
    tell_load(network, quiet=quiet or format is Format.JSON, full=verbose)
    result = _evaluate(network, data, name)
    if format is Format.JSON:
        about = {"part": name, "weights": str(network.weights), "same_data": is_same, "load": load_of(network)}
        console.print_json({**result.to_json(), **about})
    else:
        _print(result, network, data, name, quiet=quiet)


def _choose_part(data: Data, wanted: PartChoice | None) -> str:
    parts: list[str] = list(data.parts())
    if wanted is None:
        return next(name for name in ("test", "validation", "train") if name in parts)
    if wanted.value not in parts:
        raise CliError(f"the data have no {wanted.value} part", f"they have {', '.join(parts)}")
    return wanted.value


def _evaluate(network: Network, data: Data, part: str) -> Evaluation:
    from netspec.training.evaluate import evaluate as run
    from netspec.training.settings import metrics_for

    if network.classes is not None and data.classes is not None and network.classes != data.classes:
        raise CliError(
            f"the network was trained for the classes {', '.join(network.classes)}; the data have {', '.join(data.classes)}",
            "evaluate with the data it was trained on",
        )
    parts: dict[Any, Part] = {**data.parts()}
    program = network.program
    return run(
        program.lanes[0],
        parts[part],
        network.normalization or data.normalization,
        metrics=metrics_for(network.spec, data),
        losses=network.spec.losses,
        batch_size=program.batch_size,
        dtype=program.dtype,
        finish=data.finish,
    )


def _print(result: Evaluation, network: Network, data: Data, part: str, *, quiet: bool) -> None:
    import numpy as np

    from netspec.cli.epoch_table import numbers
    from netspec.look import title
    from netspec.metrics.monitor import is_share, say

    screen = console.stdout()
    table = console.plain_table("metric", "value", right=("value",))
    values = ({} if result.loss is None else {"loss": result.loss}) | numbers(result.metrics)
    for name, value in values.items():
        table.add_row(title(name), say(name, value) if is_share(name) else f"{value:.6g}")
    for name, value in result.metrics.items():
        if isinstance(value, np.ndarray) and value.ndim == 1 and data.classes is not None and len(value) <= len(data.classes):
            for label, number in zip(data.classes, value.tolist(), strict=False):
                table.add_row(f"{title(name)} {label}", say(name, number))
    if result.confusion is not None:
        right = sum(row[label] for label, row in enumerate(result.confusion))
        table.add_row("right", f"{console.count(right)} of {console.count(sum(map(sum, result.confusion)))}")
    if not quiet:
        screen.print(
            f"{part} part, {console.plural(result.samples, 'sample')}, weights {network.weights}\n", markup=False
        )
    console.print_table(table)
    if result.confusion is not None and data.classes is not None and len(data.classes) <= WIDEST_CONFUSION:
        screen.print()
        _print_confusion(result.confusion, data.classes)


def _print_confusion(confusion: list[list[int]], classes: tuple[str, ...]) -> None:
    from rich.text import Text

    names = [name if len(name) <= 6 else f"{name[:5]}…" for name in classes]
    table = console.plain_table("true \\ predicted", *(str(name) for name in names), right=names)
    for row, name in enumerate(classes):
        cells = [
            Text(str(count) if count else "·", style=_cell_style(row == column, count))
            for column, count in enumerate(confusion[row])
        ]
        table.add_row(name, *cells)
    console.print_table(table)


def _cell_style(is_right: bool, count: int) -> str:
    if is_right:
        return console.OK
    return console.ERROR if count else console.QUIET
