"""Lines as CSV and as Markdown, for spreadsheets and papers: plain numbers, no thin spaces."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from gui.analyzer.lines import COLUMNS, Column, Line

UNITS = {"activations": "activation bytes", "weights": "weight bytes", "field": "receptive field", "params": "parameters"}


def to_csv(lines: Sequence[Line]) -> str:
    """A header and a row for each line (RFC 4180, but with \\n)."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_titles())
    writer.writerows([_cell(column, line) for column in COLUMNS] for line in lines)
    return stream.getvalue()


def to_markdown(lines: Sequence[Line]) -> str:
    """A table as GitHub reads it, numbers to the right."""
    rules = ["---:" if column.is_number else "---" for column in COLUMNS]
    rows = [_titles(), rules, *([str(_cell(column, line)).replace("|", "\\|") for column in COLUMNS] for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _titles() -> list[str]:
    return [UNITS.get(column.title, column.title) for column in COLUMNS]


def _cell(column: Column, line: Line) -> Any:
    value = column.text(line) if column.title == "problems" else column.key(line)
    return "×".join(map(str, value)) if isinstance(value, tuple) else value
