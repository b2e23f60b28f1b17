"""Source → tree of Tables and Arrays with places, holding only what both TOML and JSON can say."""

from __future__ import annotations

import datetime
import math
from typing import Any

from netspec.problems import Path, Problem, Span, SpecError, error
from netspec.spec.json_reader import read_json
from netspec.spec.marks import Table, rewrite
from netspec.spec.places import DEEPEST, has_half_characters
from netspec.spec.source import Source
from netspec.spec.toml_reader import read_toml

LARGEST_INTEGER = 2**63 - 1


def read_tree(source: Source) -> Table:
    """The file's tree; raises SpecError for syntax errors and for values that a spec cannot hold."""
    if not source.text.strip():
        raise SpecError([error("NS008", (), source.span(1, 1, 1), "the spec is empty", _START)])
    _check_depth(source)
    tree = read_toml(source) if source.format == "toml" else read_json(source)
    if not isinstance(tree, Table):
        message = "a spec must be an object"
        raise SpecError([error("NS008", (), source.span(1, 1, 2), message, 'write { "input": …, "layers": […] }')])
    if not tree:
        raise SpecError([error("NS008", (), source.span(1, 1, 1), "the spec is empty", _START)])
    problems: list[Problem] = []
    rewrite(tree, lambda value, span, path: _check_scalar(value, span, path, problems))
    if problems:
        raise SpecError(problems)
    return tree


_START = "start with [input] and [[layers]]"


def _check_depth(source: Source) -> None:
    """Refuse deep nesting before any recursive parser sees it; brackets in strings count, which does no harm."""
    depth = 0
    for number, line in enumerate(source.lines, 1):
        for column, character in enumerate(line, 1):
            depth += (character in "[{") - (character in "]}")
            if depth > DEEPEST:
                span = source.span(number, column, column + 1)
                message = f"there are more than {DEEPEST} open brackets here"
                raise SpecError([error("NS007", (), span, message, "close them, or nest less")])
        depth = max(depth, 0)


def _check_scalar(value: Any, span: Span | None, path: Path, problems: list[Problem]) -> Any:
    """Report dates, null, nan, inf, integers beyond 64 bits and half characters."""
    key = str(path[-1]) if path else "the spec"
    if isinstance(value, datetime.date | datetime.time):
        problems.append(error("NS006", path, span, f"{key} is a date or time", "put it into quotes if text is meant"))
    elif value is None:
        problems.append(error("NS006", path, span, f"{key} is null", "leave the key out to get its default"))
    elif isinstance(value, float) and not math.isfinite(value):
        problems.append(error("NS006", path, span, f"{key} is {value}", "give a finite number"))
    elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        problems.append(error("NS006", path, span, f"{key} is beyond ±(2^63 − 1)", "give a smaller number"))
    elif isinstance(value, str) and has_half_characters(value):
        problems.append(
            error("NS006", path, span, f"{key} holds half a character (\\ud800…\\udfff)", "write the whole one")
        )
    return value
