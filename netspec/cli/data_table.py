"""The parts of a data set, with the samples of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from netspec.cli import console

if TYPE_CHECKING:
    from rich.table import Table

PARTS = ("all", "train", "validation", "test")
WIDEST = 80


def parts_table(rows: Sequence[Mapping[str, str | int]], *, full: bool, counted: str = "samples") -> Table:
    """One line a part with its classes as columns where that fits, else the least and the most of a class.

    rows: {"class", "train", "validation", "test"} as `Data.table` gives them. full: one line a class. counted: what the
    numbers count.
    """
    if full and len(rows) > 1:
        return _by_class(rows)
    parts = [part for part in PARTS if any(row.get(part) for row in rows)]
    counts = {part: [int(row.get(part, 0)) for row in rows] for part in parts}
    names = [str(row["class"]) for row in rows]
    widths = [max(len(name), *(len(str(counts[part][i])) for part in parts)) + 3 for i, name in enumerate(names)]
    if len(rows) == 1:
        names = []
    elif sum(widths) + 24 > WIDEST:
        return _by_range(counts, counted)
    table = console.plain_table("part", counted, *names, right=(counted, *names))
    for part in parts:
        cells = [console.count(number) for number in counts[part]] if names else []
        table.add_row(part, console.count(sum(counts[part])), *cells)
    return table


def _by_range(counts: Mapping[str, Sequence[int]], counted: str) -> Table:
    table = console.plain_table("part", counted, "classes", "a class", right=(counted, "classes", "a class"))
    for part, numbers in counts.items():
        least, most = min(numbers), max(numbers)
        each = console.count(least) if least == most else f"{console.count(least)} – {console.count(most)}"
        table.add_row(part, console.count(sum(numbers)), console.count(len(numbers)), each)
    return table


def _by_class(rows: Sequence[Mapping[str, str | int]]) -> Table:
    parts = [part for part in PARTS if any(row.get(part) for row in rows)]
    table = console.plain_table("class", *parts, right=parts)
    table.show_footer = True
    for row in rows:
        table.add_row(str(row["class"]), *(console.count(int(row.get(part, 0))) for part in parts))
    for column in table.columns:
        part = str(column.header)
        column.footer = console.count(sum(int(row.get(part, 0)) for row in rows)) if part in parts else "all"
    return table
