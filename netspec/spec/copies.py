"""The copies that one use of a block makes: before: `repeat`, `first` and `each` → after: each copy's own parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netspec.problems import Span
from netspec.spec.marks import Array, Table

ROW_KEYS = ("repeat", "first")
"""Keys of a table in `each` that are no parameters."""
MOST_REPEATS = 1000
Report = Callable[[str, Span | None, str, str], None]
_EACH = "write each = [{ channels = 16 }, { channels = 24, repeat = 2 }]"


@dataclass(frozen=True)
class Row:
    """So many copies with the same parameters: the use itself, or one table of its `each`."""

    table: Table
    repeat: int

    @property
    def first(self) -> Table:
        """Parameters of the row's first copy only."""
        first = self.table.get("first")
        return first if isinstance(first, Table) else Table()

    def given(self, use: Table, index: int) -> tuple[Table, frozenset[str]]:
        """Keys of the copy: the use's, over them the row's, over them `first`'s; and which of them are no mere use's."""
        given, own = Table(use), set()
        given.value_spans = dict(use.value_spans)
        for table in (self.table, self.first if index == 0 else Table()):
            for key in table if table is not use else ():
                given.take(table, key)
                own.add(key)
        return given, frozenset(own)


def rows_of(use: Table, report: Report) -> list[Row] | None:
    """The rows of a use; None, with a problem, when they cannot be made out."""
    if "each" not in use:
        repeat = _count(use, report)
        return None if repeat is None else [Row(use, repeat)]
    each = use["each"]
    if not isinstance(each, Array) or not each or not all(isinstance(item, Table) for item in each):
        report("NS103", use.at_value("each"), "each is not a list of tables", _EACH)
        return None
    for key in ROW_KEYS:
        if key in use:
            report("NS108", use.at_key(key), f"there is {key} as well as each", f"give {key} in the tables of each")
            return None
    repeats = [_count(item, report) for item in each]
    rows = [Row(item, repeat) for item, repeat in zip(each, repeats, strict=True) if repeat is not None]
    return rows if len(rows) == len(each) else None


def tables_of(use: Table) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """All tables in which a use gives parameters, each with its keys that are none; those of the use itself first."""
    each = use.get("each")
    rows = [item for item in each if isinstance(item, Table)] if isinstance(each, Array) else []
    for row in rows:
        yield row, ROW_KEYS
    for table in (use, *rows):
        if isinstance(table.get("first"), Table):
            yield table["first"], ()


def _count(table: Table, report: Report) -> int | None:
    repeat = table.get("repeat", 1)
    if "first" in table and not isinstance(table["first"], Table):
        report("NS103", table.at_value("first"), "first is not a table", "write first = { stride = 2 }")
    if isinstance(repeat, int) and not isinstance(repeat, bool) and 1 <= repeat <= MOST_REPEATS:
        return repeat
    if not (isinstance(repeat, str) and "${" in repeat):  # a broken expression has its own message
        message = f"repeat is {repeat!r}, but must be a whole number from 1 to {MOST_REPEATS}"
        report("NS104", table.at_value("repeat"), message, "write repeat = 2")
    return None
