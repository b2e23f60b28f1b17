"""The terminal: where text goes, its colours, and how numbers and shapes are written.

Tables and JSON go to stdout, diagnostics to stderr. Nothing is coloured when a stream is no terminal or
`NO_COLOR` is set.
"""

from __future__ import annotations

import codecs
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

THIN = "\N{NARROW NO-BREAK SPACE}"
FROZEN = "❄"
FAMILY_COLOURS = {
    "convolution": "#3B7DD8",
    "linear": "#D8643B",
    "normalization": "#8A63D2",
    "activation": "#D9A21B",
    "pooling": "#2A9D8F",
    "merge": "#5A9E3E",
    "shape": "#7A8696",
    "loss": "#C23B5A",
}
OPTIMIZER_COLOURS = {
    "sgd": "#0072B2",
    "momentum": "#E69F00",
    "adagrad": "#CC79A7",
    "rmsprop": "#009E73",
    "adam": "#D55E00",
}
OTHER_OPTIMIZER_COLOURS = ("#56B4E9", "#7F7F7F", "#B8A200")
ERROR, WARNING, OK, QUIET = "#D64545", "#C98A00", "#2E9E5B", "dim"

_ASCII = {
    "×": "x", "·": ".", "→": "->", "≥": ">=", "≤": "<=", "−": "-", "…": "...", "—": "-", "–": "-", "±": "+-",
    FROZEN: "*", "✓": "ok", "Σ": "sum", "ε": "eps", THIN: " ", "\N{THIN SPACE}": " ", "\N{NO-BREAK SPACE}": " ",
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


def count(number: int) -> str:
    """61706 → "61 706" with narrow spaces."""
    return f"{number:,}".replace(",", THIN)


def shape(sizes: Sequence[int]) -> str:
    """(6, 28, 28) → "6 × 28 × 28"."""
    return " × ".join(str(size) for size in sizes)


def plural(number: int, noun: str) -> str:
    """(1, "layer") → "1 layer"; (2, "layer") → "2 layers"."""
    return f"{count(number)} {noun}" + ("" if number == 1 else "s")


def duration(seconds: float) -> str:
    """0.34 → "0.3 s"; 75 → "1:15"; 3700 → "1:01:40"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(amount: float) -> str:
    """Bytes in binary units: 1536 → "1.5 KiB"."""
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def optimizer_colour(kind: str) -> str:
    """The one colour of an optimizer's type, everywhere."""
    others = OTHER_OPTIMIZER_COLOURS
    return OPTIMIZER_COLOURS.get(kind) or others[sum(map(ord, kind)) % len(others)]


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
