"""The load report: what became of every tensor when weights were loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netspec.cli import console

if TYPE_CHECKING:
    from rich.console import Console

    from netspec.inside.network import Network

PARTS = ("loaded", "newly_initialized", "missing", "unexpected", "of_another_shape")
FEW = 12
"""Tensors that are listed of each part, unless all are asked for."""


def tell_load(network: Network, *, quiet: bool, full: bool) -> None:
    """On stderr: warnings about a network's weights; what was done to their names; the whole report, if asked for."""
    if network.load is None:
        return
    screen = console.stderr()
    for warning in network.load.warnings:
        message = f"warning: weights from {network.weights}: {warning}"
        screen.print(message, style=console.WARNING, markup=False, soft_wrap=True)
    if quiet:
        return
    if network.load.notes or full:
        screen.print(network.load.sentence(), style=console.QUIET, markup=False, soft_wrap=True)
    if full:
        print_load(network.load.to_json(), screen, full=True)


def load_of(network: Network) -> dict[str, Any] | None:
    """The report for JSON."""
    return None if network.load is None else network.load.to_json()


def print_load(report: Mapping[str, Any], screen: Console, *, full: bool) -> None:
    """The table of counts, and the tensors that are not simply loaded; those, too, with `full`, and then all of each."""
    table = console.plain_table("", "tensors", "parameters", "layers", right=("tensors", "parameters", "layers"))
    found = [(part, report[part]) for part in PARTS if report[part]["tensors"]]
    for part, counts in found:
        table.add_row(_words(part), *(console.count(counts[key]) for key in ("tensors", "parameters", "layers")))
    screen.print()
    screen.print(table)
    for part, counts in found:
        if part != "loaded" or full:
            for line in _lines(part, counts["shapes"], len(counts["shapes"]) if full else FEW):
                screen.print(line, markup=False, soft_wrap=True)
    screen.print()


def _lines(part: str, shapes: Mapping[str, Any], most: int) -> Iterator[str]:
    yield f"{_words(part)}:"
    for name in list(shapes)[:most]:
        yield f"  {name}  {_shape(shapes[name])}"
    if len(shapes) > most:
        yield f"  … {len(shapes) - most} more; -v lists all"


def _shape(shape: Any) -> str:
    if shape and isinstance(shape[0], list):
        here, there = shape
        return f"{here} here, {there} in the file"
    return str(shape)


def _words(part: str) -> str:
    return part.replace("_", " ")
