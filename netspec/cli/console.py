"""The terminal: where text goes, and in what colours.

Tables and JSON go to stdout, diagnostics to stderr. Nothing is coloured when a stream is no terminal or
`NO_COLOR` is set.
"""

from __future__ import annotations

import codecs
import json
import sys
from typing import TYPE_CHECKING, Any

from netspec.look import (
    ERROR,
    FAMILY_COLOURS,
    OK,
    THIN,
    WARNING,
    count,
    duration,
    optimizer_colour,
    plural,
    shape,
    size,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

__all__ = [
    "ERROR", "FAMILY_COLOURS", "FROZEN", "NOTE", "OK", "QUIET", "WARNING", "count", "duration", "optimizer_colour",
    "plain_table", "plural", "print_json", "print_table", "shape", "size", "stderr", "stdout", "survive_poor_encodings",
    "write",
]  # fmt: skip

FROZEN = "❄"
NOTE = "#6AA2FF"
"""The accent: what is neither right nor wrong, such as the second place of an error."""
QUIET = "dim"

_ASCII = {
    "×": "x", "·": ".", "→": "->", "≥": ">=", "≤": "<=", "−": "-", "…": "...", "—": "-", "–": "-", "±": "+-",
    FROZEN: "*", "✓": "ok", "✗": "x", "Σ": "sum", "ε": "eps", THIN: " ", "\N{THIN SPACE}": " ", "\N{NO-BREAK SPACE}": " ",
    "─": "-", "━": "=", "╸": "-", "╺": "-", "│": "|",
}  # fmt: skip


def stdout() -> Console:
    """The console of results."""
    return _console(stderr=False)


def stderr() -> Console:
    """The console of diagnostics and progress."""
    return _console(stderr=True)


def print_json(document: Any) -> None:
    """One JSON document on stdout; a number that JSON cannot hold (NaN, infinity) becomes null."""
    write(json.dumps(_finite(document), ensure_ascii=False, indent=2) + "\n")


def write(text: str) -> None:
    """Text on stdout exactly as it is, for programs to read."""
    sys.stdout.write(text)


def print_table(table: Table) -> None:
    """A table on stdout; where it is no terminal, as wide as its content, so that nothing is cut."""
    console = stdout()
    if not console.is_terminal:
        console.width = max(console.width, console.measure(table, options=console.options.update(width=10_000)).maximum)
    console.print(table)


def plain_table(*columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table in the house style: a rule under the head and over the footer, these columns flush right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, padding=(0, 1))
    table.header_style = table.footer_style = "bold"
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def survive_poor_encodings() -> None:
    """On a terminal without UTF-8, write `x` for `×` and so on, instead of failing."""
    codecs.register_error("netspec-ascii", _to_ascii)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="netspec-ascii")


def _to_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(c, "?") for c in error.object[error.start : error.end]), error.end


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, emoji=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value
