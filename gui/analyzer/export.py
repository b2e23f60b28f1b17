"""Lines as CSV and as Markdown, for spreadsheets and papers: plain numbers, no thin spaces."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from gui.analyzer.lines import Column, Line, shown_columns

UNITS = {"activations": "activation bytes", "weights": "weight bytes", "field": "receptive field", "params": "parameters"}


def to_csv(lines: Sequence[Line]) -> str:
    """A header and a row for each line (RFC 4180, but with \\n)."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = shown_columns(lines)
    writer.writerow(_titles(columns))
    writer.writerows([_cell(column, line) for column in columns] for line in lines)
    return stream.getvalue()


def to_markdown(lines: Sequence[Line]) -> str:
    """A table as GitHub reads it, numbers to the right."""
    columns = shown_columns(lines)
    rules = ["---:" if column.is_number else "---" for column in columns]
    rows = [_titles(columns), rules, *([str(_cell(column, line)).replace("|", "\\|") for column in columns] for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _titles(columns: Sequence[Column]) -> list[str]:
    return [UNITS.get(column.title, column.title) for column in columns]


def _cell(column: Column, line: Line) -> Any:
    value = column.text(line) if column.title in ("problems", "pretrained") else column.key(line)
    return "×".join(map(str, value)) if isinstance(value, tuple) else value
